import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { ProblemFilter, toProblem } from '../http/problem.filter.js';
import { type Logger } from '../ports/logger.js';
import { AppModule } from './app.module.js';
import { type Config } from './config.js';
import { Lifecycle } from './health.controller.js';
import { openPlatform } from './platform.js';
import { seedDemo } from './seed.js';
import { Workers } from './workers.js';

export interface Program {
  readonly url: string;
  /** Readiness goes first; then requests, workers and store finish what is in hand. */
  stop(): Promise<void>;
}

/** One process with the roles and services of its configuration. */
export const startProgram = async (config: Config, logger: Logger): Promise<Program> => {
  const platform = openPlatform(config, logger);
  const lifecycle = new Lifecycle();
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.of(config, platform, lifecycle),
    httpAdapter(config),
    // Fastify's own JSON parser, and no other.
    { logger: ['error', 'warn'], abortOnError: false, bodyParser: false },
  );
  app.getHttpAdapter().getInstance().removeContentTypeParser('text/plain');
  app.useGlobalFilters(new ProblemFilter(logger));
  if (config.ROLES.includes('api')) serveApiDocument(app);
  await app.init();

  const workers = new Workers(app, platform, config);
  workers.start();
  lifecycle.workers = workers;
  if (config.SEED_DEMO) await seedDemo(app, platform, config.SERVICES);
  await app.listen(config.PORT, config.HOST);
  lifecycle.phase = 'ready';

  return {
    url: await app.getUrl(),
    stop: async () => {
      lifecycle.phase = 'stopping';
      await new Promise((resolve) => setTimeout(resolve, config.SHUTDOWN_DRAIN_MS));
      await app.close();
      await workers.stop();
      await platform.close();
    },
  };
};

const httpAdapter = (config: Config): FastifyAdapter =>
  new FastifyAdapter({
    bodyLimit: config.BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: 1_000 },
    // What the router cannot even parse never gets as far as the exception filter.
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      const { problem } = toProblem(error);
      void reply.status(problem.status).type('application/problem+json').send(problem);
    },
  });

const serveApiDocument = (app: NestFastifyApplication): void => {
  const document = new DocumentBuilder()
    .setTitle('Order processing')
    .setDescription('Commands answer with a Consistency-Token; a query that sends it back sees the write.')
    .setVersion('1')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, document), {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
  });
};
