import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const portVariables = {
  kafka: ['STACK_KAFKA_PORT', 'STACK_KAFKA_CONTROLLER_PORT'],
  registry: ['STACK_REGISTRY_PORT', 'STACK_REGISTRY_MANAGEMENT_PORT'],
  mongodb: ['STACK_MONGODB_PORT'],
  eventstore: ['STACK_EVENTSTORE_PORT'],
} as const;

/** A real engine of a spec's own (stack/stack), which it may stop without disturbing other specs. Not started yet. */
export class OwnEngine {
  private constructor(
    private readonly name: keyof typeof portVariables,
    private readonly folder: string,
    private readonly variables: Readonly<Record<string, string>>,
    /** Where it listens. */
    readonly port: number,
    /** By which the system finds it, such as KAFKA_BROKERS. */
    readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** @param advertised host:port of a proxy of the spec's, through which clients find Kafka */
  static async reserve(name: keyof typeof portVariables, advertised?: string): Promise<OwnEngine> {
    // Within the folder of the stack, whose guard then knows of it.
    const folder = mkdtempSync(join(process.env['STACK_DIR'] ?? tmpdir(), `own-${name}-`));
    const ports = await freePorts(portVariables[name].length);
    const variables = {
      STACK_DIR: folder,
      ...(advertised !== undefined && { STACK_KAFKA_ADVERTISED: advertised }),
      ...Object.fromEntries(portVariables[name].map((variable, at) => [variable, String(ports[at])])),
    };
    const { stdout } = await run('stack/stack', ['env'], { env: { ...process.env, ...variables } });
    const environment = Object.fromEntries(
      [...stdout.matchAll(/^export (\w+)=(.*)$/gm)].map(([, variable = '', value = '']) => [variable, value]),
    );
    return new OwnEngine(name, folder, variables, ports[0] ?? 0, environment);
  }

  /** Resolves when it answers. */
  start(): Promise<void> {
    return this.do('start');
  }

  stop(): Promise<void> {
    return this.do('stop');
  }

  /** By kill -9. */
  kill(): Promise<void> {
    return this.do('kill');
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async do(verb: 'start' | 'stop' | 'kill'): Promise<void> {
    await run('stack/stack', [this.name, verb], { env: { ...process.env, ...this.variables } });
  }
}

const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  return servers.map((server) => {
    const address = server.address();
    server.close();
    if (address === null || typeof address === 'string') throw new Error('No port is free.');
    return address.port;
  });
};
