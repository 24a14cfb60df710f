import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Metrics } from '../adapters/observed/metrics.js';
import { type Tracing } from '../adapters/observed/tracing.js';
import { serveRegistry } from '../adapters/schema-registry-server/serve-registry.js';
import { Admission, admitRequests } from '../http/admission.js';
import { controlAccess } from '../http/access-control.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { RateLimiter } from '../http/rate-limit.js';
import { secureAnswers } from '../http/security-headers.js';
import { pause } from '../execution/pause.js';
import { type Logger } from '../ports/logger.js';
import { isApiDocument, serveApiDocument } from './api-document.js';
import { AppModule } from './app.module.js';
import { CannotStart, listening, orExplain, servingOps, servingRegistry } from './cannot-start.js';
import { type Config } from './config.js';
import { Connections } from './connections.js';
import { deploy, undeployed } from './deploy.js';
import { patiently } from './engines/reachable.js';
import {
  acceptJsonOnly,
  admissionLimitsOf,
  httpAdapter,
  isAlwaysAdmitted,
  rateLimitsOf,
} from './http-adapter.js';
import { Lifecycle } from './health.controller.js';
import { type Identities, openIdentities, serveDevIssuer } from './identity.js';
import { observeBuses } from './observe/buses.js';
import { openTracing } from './observe/open-tracing.js';
import { type OpsServer, serveOps } from './observe/ops-server.js';
import { observeAdmission, observeRequests } from './observe/requests.js';
import { observeTraces, traceBuses, traceRequests } from './observe/traces.js';
import { observeWork } from './observe/work.js';
import { openPlatform, type Platform } from './platform.js';
import { seedDemo } from './seed.js';
import { Workers } from './workers.js';

export interface Program {
  readonly url: string;
  /** Where its metrics are; undefined when nobody may ask. */
  readonly opsUrl: string | undefined;
  /** Readiness goes first; then requests, workers and store finish what is in hand. */
  stop(): Promise<void>;
}

/** Connections that wait to be accepted; the system may allow fewer. */
const backlog = 4_096;

/** Nobody is asked who he is there. */
const registryHost = '127.0.0.1';

/**
 * One process with the roles and services of its configuration.
 * @throws CannotStart when the configuration meets a machine that does not allow it; nothing is left running.
 */
export const startProgram = async (config: Config, logger: Logger): Promise<Program> => {
  const started: (() => Promise<void>)[] = [];
  const stop = () => endAll(started.splice(0).reverse(), config, logger);
  try {
    const metrics = config.OPS_PORT === 0 ? undefined : new Metrics();
    const traces = openTracing(config, logger);
    const { tracing } = traces;
    started.push(() => traces.close(config.SHUTDOWN_TIMEOUT_MS / 4));
    const identities = await openIdentities(config, logger);
    started.push(() => Promise.resolve(identities.verifier?.close()));
    const platform = await openPlatform(config, logger, { metrics, tracing });
    started.push(() => platform.close());
    await patiently(() => beDeployed(config, platform), {
      patienceMs: config.ENGINES_WAIT_SECONDS * 1_000,
      logger,
    });

    const lifecycle = new Lifecycle(config, identities.verifier);
    const app = await createApp(config, platform, lifecycle, identities, { metrics, tracing });
    const connections = new Connections(app.getHttpServer(), config.CONNECTIONS_MAX);
    const workers = new Workers(app, platform, config, metrics, tracing);
    lifecycle.workers = workers;
    if (metrics !== undefined) observeTraces(traces, metrics);
    const ops = metrics && (await openOps(metrics, workers, platform, config));
    if (ops !== undefined) started.push(() => ops.close());
    started.push(() => workers.stop());
    // Before the workers begin: who cannot listen must not take part.
    const { PORT, HOST } = config;
    await orExplain(() => app.listen({ port: PORT, host: HOST, backlog }), listening(HOST, PORT));
    started.push(async () => {
      const closed = app.close();
      connections.close();
      const patience = setTimeout(() => {
        connections.abandonIncomplete();
      }, config.SHUTDOWN_TIMEOUT_MS / 2);
      await closed;
      clearTimeout(patience);
    });
    const { embeddedRegistry } = platform;
    if (embeddedRegistry && config.ROLES.includes('bridge') && config.REGISTRY_PORT !== 0) {
      const port = config.REGISTRY_PORT;
      const served = { host: registryHost, port, logger };
      const registry = await orExplain(
        () => serveRegistry(embeddedRegistry, served),
        servingRegistry(registryHost, port),
      );
      started.push(() => registry.close());
      logger.info({ registry: registry.url }, 'Serving the schema registry');
    }

    workers.start();
    if (config.SEED_DEMO) await seedDemo(app, platform, config.SERVICES);
    lifecycle.phase = 'ready';
    started.push(async () => {
      lifecycle.phase = 'stopping';
      logger.info({}, 'Stopping: what is in hand is finished first');
      await delay(config.SHUTDOWN_DRAIN_MS);
    });
    return { url: await app.getUrl(), opsUrl: ops?.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

/**
 * One after the other. What has not ended at half-time waits for an engine that is away: the others are ended all the
 * same, the connections last, and nothing can wait for these any more.
 */
const endAll = async (
  ends: readonly (() => Promise<void>)[],
  { SHUTDOWN_TIMEOUT_MS }: Config,
  logger: Logger,
): Promise<void> => {
  const late = new AbortController();
  const timer = setTimeout(() => {
    logger.warn({}, 'Not all that is in hand could be finished; the connections to the engines are closed');
    late.abort();
  }, SHUTDOWN_TIMEOUT_MS / 2);
  const ending: Promise<void>[] = [];
  for (const end of ends) {
    const ended = end();
    ending.push(ended);
    await Promise.race([ended, pause(SHUTDOWN_TIMEOUT_MS, late.signal)]);
  }
  await Promise.all(ending);
  clearTimeout(timer);
};

const openOps = (
  metrics: Metrics,
  workers: Workers,
  platform: Platform,
  config: Config,
): Promise<OpsServer> => {
  const { OPS_HOST: host, OPS_PORT: port } = config;
  metrics.ofRuntime();
  observeWork(workers, platform, config, metrics);
  return orExplain(() => serveOps(metrics, { host, port, logger: platform.logger }), servingOps(host, port));
};

/** What is missing is made, or said. */
const beDeployed = async (config: Config, platform: Platform): Promise<void> => {
  if (config.DEPLOY_ON_START) await deploy(config, platform);
  const missing = await undeployed(config, platform);
  if (missing.length === 0) return;
  const advice =
    'Run the step of the deployment that makes it (npm run deploy), or set DEPLOY_ON_START=true.';
  throw new CannotStart([...missing, advice].join('\n'), undefined);
};

const createApp = async (
  config: Config,
  platform: Platform,
  lifecycle: Lifecycle,
  { verifier, devIssuer }: Identities,
  { metrics, tracing }: { readonly metrics: Metrics | undefined; readonly tracing: Tracing },
): Promise<NestFastifyApplication> => {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.of(config, platform, lifecycle),
    httpAdapter(config),
    // Fastify's own JSON parser, and no other.
    { logger: frameworkLogger(platform.logger), abortOnError: false, bodyParser: false },
  );
  const fastify = app.getHttpAdapter().getInstance();
  acceptJsonOnly(fastify);
  traceRequests(fastify, tracing, platform.logger);
  if (metrics !== undefined) observeRequests(fastify, metrics);
  secureAnswers(fastify, config.HSTS_SECONDS);
  controlAccess(fastify, verifier, isApiDocument, new RateLimiter(rateLimitsOf(config)));
  const admission = new Admission(admissionLimitsOf(config), platform.logger);
  admitRequests(fastify, admission, isAlwaysAdmitted);
  if (metrics !== undefined) observeAdmission(admission, metrics);
  if (devIssuer !== undefined) serveDevIssuer(fastify, devIssuer);
  app.useGlobalFilters(new ProblemFilter(platform.logger));
  if (config.ROLES.includes('api')) serveApiDocument(app, verifier === undefined);
  await app.init();
  traceBuses(app, tracing);
  if (metrics !== undefined) observeBuses(app, metrics);
  return app;
};

const frameworkLogger = (logger: Logger): LoggerService => ({
  log: () => undefined,
  warn: (message: unknown) => {
    logger.warn({ from: 'nest' }, String(message));
  },
  error: (message: unknown) => {
    logger.error({ from: 'nest' }, String(message));
  },
});
