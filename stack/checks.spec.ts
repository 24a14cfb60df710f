import { describe, expect, it } from '@jest/globals';
import {
  byTool,
  type Check,
  failed,
  type Missing,
  passed,
  runChecks,
  skipped,
  type Tool,
  unlessForged,
} from './checks.ts';

const run = async (checks: readonly Check[]) => {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runChecks('these', checks, {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
  });
  return { code, out, err };
};

const node = (script: string): Tool => ({ command: [process.execPath, '-e', script] });

describe('Checks', () => {
  it('end with 0 and are counted', async () => {
    expect(await run([{ name: 'one', run: () => passed }])).toEqual({
      code: 0,
      out: ['passed: one', 'these: 1 checks passed, 0 failed, 0 skipped'],
      err: [],
    });
  });

  it('that could not run are skipped, loudly, and never passed', async () => {
    const missing: Missing = { missing: 'There is no lamp: buy one.' };
    const checks = [{ name: 'light', run: () => byTool(missing, ['--on']) }];
    expect(await run(checks)).toEqual({
      code: 0,
      out: ['these: 0 checks passed, 0 failed, 1 skipped'],
      err: ['SKIPPED, NOT PASSED: light: There is no lamp: buy one.'],
    });
  });

  it('that fail, break or judge nothing end with 1, and the others run all the same', async () => {
    const checks: readonly Check[] = [
      { name: 'tool', run: () => byTool(node('console.log("line 7"); process.exit(3)'), []) },
      { name: 'broken', run: () => Promise.reject(new Error('No disk.')) },
      { name: 'nothing', run: () => byTool(node('console.log("Passed: 0")'), [], /Passed: [1-9]/) },
      { name: 'last', run: () => byTool(node('console.log("Passed: 2")'), [], /Passed: [1-9]/) },
      { name: 'without', run: () => skipped('why') },
    ];
    const { code, out, err } = await run(checks);
    expect({ code, out, err: err.toSorted() }).toEqual({
      code: 1,
      out: ['passed: last', 'these: 1 checks passed, 3 failed, 1 skipped'],
      err: [
        'FAILED: broken\nNo disk.',
        'FAILED: nothing\nIt has not judged everything. Passed: 0',
        'FAILED: tool\nline 7',
        'SKIPPED, NOT PASSED: without: why',
      ],
    });
  });

  it('tell a tool its arguments and its environment', async () => {
    const tool = node('process.exit(process.argv[1] === "a" && process.env.LAMP === "on" ? 0 : 1)');
    expect([
      await byTool({ ...tool, environment: { LAMP: 'on' } }, ['a']),
      await byTool(tool, ['a']),
    ]).toEqual([passed, failed('')]);
  });

  it('skip what could not be had, and not what is not what was pinned', () => {
    expect(
      unlessForged(new Error('pip failed with 1.\nNo route to host'), 'It is installed by pip.'),
    ).toEqual({
      missing: 'It is installed by pip. It could not be had: No route to host',
    });
    for (const said of [
      'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.',
      'verifying module: checksum mismatch\nSECURITY ERROR',
      'lamp is not what was expected: its sum is a, not b.',
    ])
      expect(() => unlessForged(new Error(said), 'It comes.')).toThrow(said);
  });
});
