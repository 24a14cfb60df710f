import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Admission, type AdmissionLimits, Overloaded } from './admission.js';
import { ProblemException } from './problem.js';

const limits: AdmissionLimits = { inHand: 1, waiting: 4, patienceMs: 60_000, bodyBytes: 1_000 };
const never = new AbortController().signal;

const warnings: string[] = [];
const logger = { warn: (_: object, message: string) => void warnings.push(message) };

const open = (some: Partial<AdmissionLimits> = {}) => {
  const admission = new Admission({ ...limits, ...some }, logger);
  const log: string[] = [];
  const ask = (caller: string, name = caller, signal = never): Promise<void> =>
    admission.enter(caller, signal).then(
      () => void log.push(name),
      (error: unknown) =>
        void log.push(`${name} ${error instanceof ProblemException ? error.problem.code : String(error)}`),
    );
  return { admission, log, ask };
};

const settled = (): Promise<unknown> => new Promise(setImmediate);

describe('Admission', () => {
  it('lets callers have their turns one after another, however much one of them asks for', async () => {
    const { admission, log, ask } = open();
    void ask('ann', 'ann 1');
    for (const name of ['ann 2', 'ann 3', 'bob 1', 'cyd 1']) void ask(name.slice(0, 3), name);
    for (let turn = 0; turn < 5; turn += 1) {
      await settled();
      admission.leave();
    }
    expect(log).toEqual(['ann 1', 'ann 2', 'bob 1', 'cyd 1', 'ann 3']);
    expect(admission.status).toMatchObject({ inHand: 0, waiting: 0 });
  });

  it('refuses the last of whoever waits with the most, and says when to come back', async () => {
    const { admission, log, ask } = open();
    for (const name of ['ann 1', 'ann 2', 'ann 3', 'ann 4', 'ann 5', 'ann 6']) void ask('ann', name);
    await settled();
    expect(log).toEqual(['ann 1', 'ann 6 OVERLOADED']);
    void ask('bob');
    await settled();
    expect(log).toEqual(['ann 1', 'ann 6 OVERLOADED', 'ann 5 OVERLOADED']);
    expect(() => {
      admission.announce('bob');
    }).not.toThrow();
    expect(() => {
      admission.announce('ann');
    }).toThrow(
      expect.objectContaining({
        problem: expect.objectContaining({ status: 503, code: 'OVERLOADED' }),
        headers: { 'retry-after': expect.stringMatching(/^[1-4]$/) },
      }),
    );
    expect(admission.status.refused).toEqual({ full: 3, late: 0, bodies: 0 });
  });

  it('refuses what has waited for too long, and forgets whose client is gone', async () => {
    const { admission, log, ask } = open({ patienceMs: 1 });
    void ask('ann');
    const gone = new AbortController();
    const waits = [ask('bob'), ask('cyd', 'cyd', gone.signal)];
    gone.abort();
    await Promise.all(waits);
    expect(log.toSorted()).toEqual(['ann', 'bob OVERLOADED', 'cyd OVERLOADED']);
    expect(admission.status).toMatchObject({ inHand: 1, waiting: 0 });
    admission.leave();
    expect(admission.status).toMatchObject({ inHand: 0, waiting: 0 });
  });

  it('begins no more bodies while too much is kept that is not answered or not taken', () => {
    const { admission } = open();
    admission.expect();
    expect(admission.keep('ann', 1_000)).toBe(true);
    expect(() => {
      admission.expect();
    }).toThrow(Overloaded);
    expect(admission.keep('bob', 1_000)).toBe(false);
    admission.keep('ann', -1_000);
    admission.keep('bob', -1_000);
    admission.expect();
    expect(admission.status).toMatchObject({ bodyBytes: 0, refused: { bodies: 1 } });
  });

  it('refuses whoever has a quarter of it, when he asks and when his turn comes, and nobody else', async () => {
    const { admission, log, ask } = open();
    const waits = [ask('ann', 'ann 1'), ask('ann', 'ann 2'), ask('bob')];
    admission.keep('ann', 250);
    expect(() => {
      admission.announce('ann');
    }).toThrow(Overloaded);
    admission.announce('bob');
    admission.leave();
    await Promise.all(waits);
    expect(log).toEqual(['ann 1', 'ann 2 OVERLOADED', 'bob']);
    admission.leave();
    expect(admission.status).toMatchObject({ inHand: 0, waiting: 0 });
  });

  it('tells of many refusals in one line', () => {
    const { admission } = open({ bodyBytes: 0 });
    warnings.length = 0;
    for (let refusal = 0; refusal < 100; refusal += 1) {
      expect(() => {
        admission.expect();
      }).toThrow(Overloaded);
    }
    expect(warnings).toHaveLength(1);
  });

  it('never works on more than allowed, keeps no more waiting, and loses none', async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('ann', 'bob', 'cyd', 'dan') },
      { weight: 2, arbitrary: fc.constant('leave' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (script) => {
        const { admission, log, ask } = open({ inHand: 2, waiting: 3 });
        let asked = 0;
        let left = 0;
        const isIn = (line: string): boolean => !line.includes(' ');
        for (const each of script) {
          await settled();
          if (each !== 'leave') {
            void ask(each);
            asked += 1;
          } else if (log.filter(isIn).length > left) {
            admission.leave();
            left += 1;
          }
          await settled();
          const { inHand, waiting } = admission.status;
          expect(inHand).toBe(log.filter(isIn).length - left);
          expect([inHand <= 2, waiting <= 3]).toEqual([true, true]);
          expect(waiting > 0 && inHand < 2).toBe(false);
          expect(log.length + waiting).toBe(asked);
        }
        while (log.filter(isIn).length > left) {
          admission.leave();
          left += 1;
          await settled();
        }
        expect(admission.status).toMatchObject({ inHand: 0, waiting: 0 });
        expect(log).toHaveLength(asked);
      }),
    );
  });
});
