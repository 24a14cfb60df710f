import { spawn, spawnSync } from 'node:child_process';
import { interruption } from './interruption.ts';

/** Checks by tools that a machine may not have. What cannot run is counted, and never as passed. */

export type Outcome =
  | { readonly is: 'passed' }
  | { readonly is: 'failed'; readonly said: string }
  | { readonly is: 'skipped'; readonly why: string };

export const passed: Outcome = { is: 'passed' };
export const failed = (said: string): Outcome => ({ is: 'failed', said });
export const skipped = (why: string): Outcome => ({ is: 'skipped', why });

export interface Check {
  readonly name: string;
  readonly run: () => Outcome | Promise<Outcome>;
}

/** How a tool is called. */
export interface Tool {
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A tool that is not here and cannot be had, with what to install. */
export interface Missing {
  readonly missing: string;
}

export interface Lines {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

const terminal: Lines = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
};

const atOnce = 2;

/** Runs them in this order, two at a time. @returns the exit code */
export const runChecks = async (
  title: string,
  checks: readonly Check[],
  lines: Lines = terminal,
): Promise<number> => {
  const waiting = [...checks];
  const count = { passed: 0, failed: 0, skipped: 0 };
  const work = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const outcome = await outcomeOf(check);
      count[outcome.is] += 1;
      if (outcome.is === 'passed') lines.out(`passed: ${check.name}`);
      else if (outcome.is === 'failed') lines.err(`FAILED: ${check.name}\n${outcome.said}`);
      else lines.err(`SKIPPED, NOT PASSED: ${check.name}: ${outcome.why}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  lines.out(`${title}: ${count.passed} checks passed, ${count.failed} failed, ${count.skipped} skipped`);
  return count.failed === 0 ? 0 : 1;
};

const outcomeOf = async (check: Check): Promise<Outcome> => {
  try {
    return await check.run();
  } catch (failure) {
    if (interruption.aborted) throw failure;
    return failed(failure instanceof Error ? failure.message : String(failure));
  }
};

/** Runs a tool to its end: passed with 0, unless what it said does not show that it judged everything. */
export const byTool = async (
  found: Tool | Missing,
  args: readonly string[],
  judged: RegExp = /^/,
): Promise<Outcome> => {
  if ('missing' in found) return skipped(found.missing);
  const { status, output } = await run(found, args);
  if (status !== 0) return failed(output.trim());
  return judged.test(output) ? passed : failed(`It has not judged everything. ${output.trim()}`);
};

const run = async (
  { command: [file, ...first], environment }: Tool,
  args: readonly string[],
): Promise<{ readonly status: number | null; readonly output: string }> => {
  const child = spawn(file, [...first, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
    signal: interruption,
  });
  let output = '';
  const keep = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', reject);
  });
  return { status, output };
};

/** Whether the command ends with 0. */
export const answers = (file: string, ...args: readonly string[]): boolean =>
  spawnSync(file, args, { stdio: 'ignore' }).status === 0;

/** What another machine gave is what was pinned, or the check fails; that it could not be asked is no fault of ours. */
export const unlessForged = (failure: unknown, remedy: string): Missing => {
  const said = failure instanceof Error ? failure.message : String(failure);
  if (interruption.aborted || forged.test(said)) throw failure;
  return { missing: `${remedy} It could not be had: ${said.trim().split('\n').at(-1) ?? ''}` };
};

const forged = /DO NOT MATCH THE HASHES|SECURITY ERROR|checksum mismatch|is not what was expected/;
