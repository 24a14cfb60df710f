import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const main = join(import.meta.dirname, '../app/main.js');

export interface RunningProgram {
  readonly url: string;
  readonly startMs: number;
  residentMb(): Promise<number>;
  /** Of the processor, since its start. */
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
}

/** The program as it is built, all roles in one process of its own unless the settings say otherwise. */
export const startProgram = async (
  dataDir: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningProgram> => {
  const start = performance.now();
  const child = spawn(process.execPath, ['--enable-source-maps', main], {
    env: {
      ...process.env,
      ...{ PORT: '0', HOST: '127.0.0.1', DATA_DIR: dataDir, SEED_DEMO: 'false', REGISTRY_PORT: '0' },
      DEPLOY_ON_START: 'true',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = once(child, 'exit');
  const url = await readyUrl(createInterface({ input: child.stdout }));
  return {
    url,
    startMs: performance.now() - start,
    residentMb: () => residentMb(child.pid ?? 0),
    cpuMs: () => cpuMs(child.pid ?? 0),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      process.removeListener('exit', kill);
    },
  };
};

const readyUrl = (lines: NodeJS.EventEmitter): Promise<string> =>
  new Promise((resolve, reject) => {
    lines.on('line', (line: string) => {
      const url = /"url":"([^"]+)"/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
      // Warnings and errors spoil the measurement, so they are shown.
      else if (!/"level":[123]0/.test(line)) console.error(line);
    });
    lines.on('close', () => {
      reject(new Error('The program ended before it was ready.'));
    });
  });

/** NaN where there is no /proc. */
const residentMb = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
};

const ticksPerSecond = 100;

/** NaN where there is no /proc. */
const cpuMs = async (pid: number): Promise<number> => {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Behind the name, which may hold anything, comes the third field.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond;
};
