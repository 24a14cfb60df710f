import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { cached, execute } from './downloads.ts';
import { interruption } from './interruption.ts';
import { repository } from './settings.ts';

/** `make observe`: Prometheus with the rules of deploy/prometheus, on this machine, until Ctrl-C. */

const { PROMETHEUS, OBSERVE_PORT, OBSERVE_TARGETS } = z
  .object({
    PROMETHEUS: z.string().min(1).optional(),
    OBSERVE_PORT: z.coerce.number().int().min(1).max(65_535).default(9090),
    OBSERVE_TARGETS: z.string().min(1).default('127.0.0.1:9100'),
  })
  .parse(process.env);

const findPrometheus = async (): Promise<string> => {
  if (PROMETHEUS !== undefined) return PROMETHEUS;
  if (spawnSync('prometheus', ['--version']).status === 0) return 'prometheus';
  try {
    const folder = await cached('prometheus-debian', async (target) => {
      // Its signature is checked by apt. Installing it would need root, and start a service.
      await execute('env', ['-C', target, 'apt-get', 'download', 'prometheus']);
      const [file] = readdirSync(target).filter((name) => name.endsWith('.deb'));
      await execute('dpkg', ['-x', join(target, String(file)), target]);
    });
    return join(folder, 'usr/bin/prometheus');
  } catch (failure) {
    if (interruption.aborted) throw failure;
    throw new Error(
      `There is no Prometheus here, and Debian's package cannot be had either. Install one, or name it in PROMETHEUS.\n${String(failure)}`,
      { cause: failure },
    );
  }
};

/** JSON, which is YAML too. */
const configuration = {
  global: { scrape_interval: '5s', evaluation_interval: '5s' },
  rule_files: [join(repository, 'deploy/prometheus/rules/*.yml')],
  scrape_configs: [
    { job_name: 'commerce', static_configs: [{ targets: OBSERVE_TARGETS.split(',') }] },
    { job_name: 'prometheus', static_configs: [{ targets: [`127.0.0.1:${OBSERVE_PORT}`] }] },
  ],
};

const run = async (): Promise<number> => {
  const prometheus = await findPrometheus();
  // One Prometheus at a time can have the port, and so the folder.
  const folder = join(repository, '.stack', `observe-${OBSERVE_PORT}`);
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, JSON.stringify(configuration, null, 2));
  const child = spawn(
    prometheus,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--storage.tsdb.retention.time=7d',
      `--web.listen-address=127.0.0.1:${OBSERVE_PORT}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const url = `http://127.0.0.1:${OBSERVE_PORT}`;
  console.error(
    `Prometheus starts at ${url} (/alerts, /targets) and reads ${OBSERVE_TARGETS}. Ctrl-C ends it.`,
  );
  interruption.addEventListener('abort', () => void child.kill('SIGTERM'));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', (failure) => {
      reject(new Error(`${prometheus} cannot be run: ${failure.message}.`));
    });
  });
  if (interruption.aborted) return 0;
  console.error(
    `Prometheus has ended with ${String(code)}. Another port than ${OBSERVE_PORT}: OBSERVE_PORT.`,
  );
  return 1;
};

try {
  process.exitCode = await run();
} catch (failure) {
  console.error(failure instanceof Error ? failure.message : failure);
  process.exitCode = interruption.aborted ? 130 : 1;
}
