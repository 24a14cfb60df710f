import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { endProcess, type ProcessRecord, runningProcess, startProcess } from './process.ts';

let folder: string;
let record: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'process-'));
  record = join(folder, 'it.pid');
});

afterEach(async () => {
  await endProcess(record, 'SIGKILL', 0);
  rmSync(folder, { recursive: true });
});

const start = (script: string): Promise<void> =>
  startProcess({ file: 'bash', args: ['-c', script] }, record, join(folder, 'it.log'));

const recorded = (): ProcessRecord => JSON.parse(readFileSync(record, 'utf8')) as ProcessRecord;

test('A process that was started runs until it is ended, once', async () => {
  await start('exec sleep 1000');
  const running = runningProcess(record);
  const ended = [await endProcess(record, 'SIGTERM', 30_000), await endProcess(record, 'SIGTERM', 30_000)];
  expect({ isKnown: running !== undefined, ended, after: runningProcess(record) }).toEqual({
    isKnown: true,
    ended: ['ended', 'was not running'],
    after: undefined,
  });
});

test('A process that does not end by itself in time is killed', async () => {
  await start('trap "" TERM; echo ready; while :; do sleep 1; done');
  expect(await endProcess(record, 'SIGTERM', 50)).toBe('ended');
});

test('Another process that has got the same number is left alone', async () => {
  await start('exec sleep 1000');
  const ours = recorded();
  writeFileSync(record, JSON.stringify({ ...ours, started: 'earlier' }));
  const taken = { running: runningProcess(record), ended: await endProcess(record, 'SIGKILL', 0) };
  writeFileSync(record, JSON.stringify(ours));
  expect({ ...taken, still: runningProcess(record) }).toEqual({
    running: undefined,
    ended: 'was not running',
    still: ours,
  });
});

test('A program that cannot be run is an error, and no process', async () => {
  const failure = startProcess({ file: join(folder, 'nothing'), args: [] }, record, join(folder, 'it.log'));
  await expect(failure).rejects.toThrow('ENOENT');
  expect(runningProcess(record)).toBeUndefined();
});
