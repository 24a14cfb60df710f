import 'reflect-metadata';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStart, openingStore, orExplain } from '../app/cannot-start.js';
import { InvalidConfiguration, readConfig } from '../app/config.js';
import { openLogger } from '../app/logger.js';
import { openPlatform } from '../app/platform.js';
import { parseArguments, type TopicsCommand, usage } from './topics/arguments.js';
import { type Decode } from './topics/line.js';
import { list } from './topics/list.js';
import { type Output } from './topics/output.js';
import { tail } from './topics/tail.js';

const output: Output = {
  result: async (line) => {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
  },
  problem: (line) => {
    process.stderr.write(`${line}\n`);
  },
};

const decode: Decode = () => Promise.reject(new Error('There is no decoder for it.'));

const run = async (command: TopicsCommand): Promise<0 | 2> => {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const config = readConfig(process.env);
  const { DATA_DIR: dataDir } = config;
  if (!existsSync(join(dataDir, 'store.db'))) {
    throw new CannotStart(
      `There is no store in ${dataDir}. Start the program first, or set DATA_DIR.`,
      undefined,
    );
  }
  const platform = await orExplain(() => openPlatform(config, openLogger('silent')), openingStore(dataDir));
  const interruption = new AbortController();
  // Only once: a second Ctrl-C ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interruption.abort();
    });
  }
  try {
    return command.verb === 'list'
      ? await list(platform.messageLog, command, output)
      : await tail(platform.messageLog, command, decode, output, interruption.signal);
  } finally {
    await platform.close();
  }
};

// Whoever reads has had enough (`| head`).
process.stdout.on('error', () => process.exit());
const command = parseArguments(process.argv.slice(2));
if (typeof command === 'string') {
  output.problem(`${command}\n${usage}`);
  process.exitCode = 2;
} else {
  try {
    process.exitCode = await run(command);
  } catch (error) {
    if (!(error instanceof CannotStart || error instanceof InvalidConfiguration)) throw error;
    output.problem(error.message);
    process.exitCode = 2;
  }
}
