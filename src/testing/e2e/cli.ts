import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { childEnvironment, type Settings } from './engines.js';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command-line tool as it is built: `npm run <noun> -- <arguments>`. */
export const cli = async (
  noun: string,
  args: readonly string[],
  settings: Settings = {},
): Promise<CliResult> => {
  const child = spawn(process.execPath, [join(process.cwd(), `dist/cli/${noun}.js`), ...args], {
    env: childEnvironment(settings),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child, 'close');
  return { code: child.exitCode, stdout, stderr };
};
