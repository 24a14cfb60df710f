import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { z } from 'zod';

export const repository = resolve(import.meta.dirname, '..');

const port = z.coerce.number().int().min(1).max(65_535);

/** The variables that choose versions, ports and the folder, with their defaults. */
const variables = z.object({
  KAFKA_VERSION: z.string().default('4.4.0'),
  APICURIO_VERSION: z.string().default('3.3.3'),
  STACK_KAFKA_PORT: port.default(9192),
  STACK_KAFKA_CONTROLLER_PORT: port.default(9193),
  STACK_KAFKA_ADVERTISED: z.string().optional(),
  STACK_REGISTRY_PORT: port.default(8181),
  STACK_REGISTRY_MANAGEMENT_PORT: port.default(8182),
  STACK_MONGODB_PORT: port.default(27_117),
  STACK_EVENTSTORE_PORT: port.default(2213),
});

export type Variables = z.infer<typeof variables>;

/** Where a stack keeps its data, and what it runs. */
export interface Settings extends Variables {
  readonly directory: string;
}

const savedIn = (directory: string): string => join(directory, 'settings.json');

/** The environment counts most, then what the stack in the folder was started with, then the defaults. */
export const readSettings = (environment: NodeJS.ProcessEnv): Settings => {
  const directory = resolve(repository, environment['STACK_DIR'] || '.stack');
  const given = Object.fromEntries(
    Object.keys(variables.shape)
      .filter((name) => (environment[name] ?? '') !== '')
      .map((name) => [name, environment[name]]),
  );
  const parsed = variables.safeParse({ ...savedSettings(directory), ...given });
  if (!parsed.success) throw new Error(`The stack's settings are wrong.\n${z.prettifyError(parsed.error)}`);
  return { directory, ...parsed.data };
};

export const savedSettings = (directory: string): Variables | undefined => {
  if (!existsSync(savedIn(directory))) return undefined;
  return variables.parse(JSON.parse(readFileSync(savedIn(directory), 'utf8')));
};

export const saveSettings = ({ directory, ...settings }: Settings): void => {
  mkdirSync(directory, { recursive: true });
  writeFileSync(savedIn(directory), JSON.stringify(settings, null, 2));
};

export const forgetSettings = (directory: string): void => {
  rmSync(savedIn(directory), { force: true });
};

/** As the variables of another process: ports that were free just now, and a folder of its own. */
export const apart = async (directory: string): Promise<Record<string, string>> => {
  const names = Object.keys(variables.shape).filter((name) => name.endsWith('_PORT'));
  const ports = await freePorts(names.length);
  return { STACK_DIR: directory, ...Object.fromEntries(names.map((name, n) => [name, String(ports[n])])) };
};

/** All are held until the last has been found, so that no two are the same. */
export const freePorts = async (count: number): Promise<number[]> => {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((closed) => server.close(closed));
      if (address === null || typeof address === 'string') throw new Error('No port was given.');
      return address.port;
    }),
  );
};
