import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

const recordSchema = z.object({ pid: z.number().int().positive(), started: z.string() });

/** A process, told from any other that gets the same number later by when it was started. */
export type ProcessRecord = z.infer<typeof recordSchema>;

/** When the process was started, precisely enough to tell it apart; undefined when it does not run. */
const startOf = (pid: number): string | undefined => {
  if (existsSync('/proc/self/stat')) {
    try {
      // proc_pid_stat(5): after the name in brackets, state is field 3 and start time field 22.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      return fields[0] === 'Z' ? undefined : `${boot} ${fields[19] ?? ''}`;
    } catch {
      return undefined;
    }
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
};

/** The process that the file names, if it still runs and is the one that was started. */
export const runningProcess = (recordFile: string): ProcessRecord | undefined => {
  if (!existsSync(recordFile)) return undefined;
  const record = recordSchema.safeParse(JSON.parse(readFileSync(recordFile, 'utf8') || 'null'));
  if (!record.success) return undefined;
  return startOf(record.data.pid) === record.data.started ? record.data : undefined;
};

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a program that outlives this one; its output goes to the log. The record is there when this returns. */
export const startProcess = async (
  { file, args, env }: Command,
  recordFile: string,
  logFile: string,
): Promise<void> => {
  const log = openSync(logFile, 'a');
  const child = spawn(file, args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
  });
  closeSync(log);
  const { pid } = child;
  if (pid !== undefined) {
    writeFileSync(recordFile, JSON.stringify({ pid, started: startOf(pid) ?? '' }));
    child.unref();
  }
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
};

/** Resolves when the process is gone. One that does not go by itself in time is killed. */
export const endProcess = async (
  recordFile: string,
  signal: 'SIGTERM' | 'SIGKILL',
  patienceMs: number,
): Promise<'ended' | 'was not running'> => {
  const found = runningProcess(recordFile);
  if (found !== undefined) {
    process.kill(found.pid, signal);
    const deadline = Date.now() + patienceMs;
    while (runningProcess(recordFile) !== undefined) {
      if (Date.now() > deadline) process.kill(found.pid, 'SIGKILL');
      await pause(20);
    }
  }
  rmSync(recordFile, { force: true });
  return found === undefined ? 'was not running' : 'ended';
};
