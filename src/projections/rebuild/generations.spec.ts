import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isRejection } from '../../kernel/rejection.js';
import { type Build, type Generation, type GenerationsOf } from '../../ports/generations.js';
import {
  approve,
  cancel,
  type GenerationsRefusal,
  noGenerations,
  prune,
  readable,
  rebuild,
  type RebuildRequest,
  resume,
  rollBack,
  storagesOf,
  switchToBuild,
  without,
} from './generations.js';

const at = '2026-01-02T03:04:05.678Z';
const request: RebuildRequest = { version: 2, at, switches: 'when equal', parallel: 4 };

const accepted = (outcome: GenerationsOf | GenerationsRefusal): GenerationsOf => {
  if (isRejection(outcome)) throw new Error(outcome.detail);
  return outcome;
};
const codeOf = (outcome: GenerationsOf | GenerationsRefusal) =>
  isRejection(outcome) ? outcome.code : 'accepted';

const generation = (number: number, version = 2): Generation => ({
  number,
  version,
  storage: `orders_v${version}_g${number}`,
  createdAt: at,
});
const building = accepted(rebuild(noGenerations('orders'), request));
const serving = switchToBuild(building);
const inPhase = (phase: Build['phase'], of = accepted(rebuild(serving, request))): GenerationsOf => ({
  ...of,
  build: of.build && { ...of.build, phase },
});

describe('the generations of a view', () => {
  it('begin with a build that starts from nothing', () => {
    expect(building).toStrictEqual({
      projection: 'orders',
      serving: null,
      former: [],
      last: 1,
      comparison: null,
      build: {
        ...generation(1),
        switches: 'when equal',
        parallel: 4,
        phase: 'replaying',
        switchNow: false,
        attempt: 1,
        progress: {
          fraction: 0,
          events: 0,
          eventsPerSecond: 0,
          remainingSeconds: null,
          position: null,
          documents: 0,
          updatedAt: at,
        },
        comparison: null,
        failure: null,
      },
    });
  });

  it('have one build at a time', () => {
    const refusal = rebuild(building, request);
    expect(refusal).toMatchObject({
      code: 'REBUILD_IN_PROGRESS',
      detail: 'Generation 1 of orders is being built (replaying). Wait for it, or cancel it first.',
    });
  });

  it('are rebuilt from a version only while that one serves', () => {
    expect(codeOf(rebuild(serving, { ...request, fromVersion: 2 }))).toBe('accepted');
    expect(codeOf(rebuild(serving, { ...request, fromVersion: 1 }))).toBe('OTHER_VERSION_SERVES');
    expect(codeOf(rebuild(noGenerations('orders'), { ...request, fromVersion: 1 }))).toBe(
      'OTHER_VERSION_SERVES',
    );
  });

  it('keep the one that served before, and go back to it and forth again', () => {
    const second = switchToBuild(accepted(rebuild(serving, request)));
    expect(second).toMatchObject({ serving: generation(2), former: [generation(1)], build: null });
    const back = accepted(rollBack(second));
    expect(back).toMatchObject({ serving: generation(1), former: [generation(2)] });
    expect(rollBack(back)).toStrictEqual(second);
    expect(prune(second)).toStrictEqual({ ...second, former: [] });
    expect(codeOf(rollBack(prune(second)))).toBe('NO_FORMER_GENERATION');
  });

  it('number a build after one that was cancelled as another', () => {
    const again = accepted(rebuild(accepted(cancel(building)), request));
    expect(again.build?.storage).toBe('orders_v2_g2');
    expect(codeOf(cancel(serving))).toBe('NO_REBUILD');
  });

  it('let a command switch only to a build that is waiting', () => {
    expect(approve(inPhase('waiting'))).toMatchObject({ build: { switchNow: true } });
    expect(codeOf(approve(inPhase('comparing')))).toBe('REBUILD_NOT_WAITING');
    expect(codeOf(approve(serving))).toBe('NO_REBUILD');
  });

  it('start a build again that failed', () => {
    expect(resume(inPhase('failed'))).toMatchObject({
      build: { phase: 'replaying', attempt: 2, failure: null },
    });
    expect(codeOf(resume(inPhase('waiting')))).toBe('REBUILD_NOT_FAILED');
    expect(codeOf(resume(serving))).toBe('NO_REBUILD');
  });

  it('are read by each process in the version that it knows', () => {
    const next = switchToBuild(accepted(rebuild(serving, { ...request, version: 3 })));
    expect(readable(next, 3)).toStrictEqual(generation(2, 3));
    expect(readable(next, 2)).toStrictEqual(generation(1, 2));
    expect(readable(next, 1)).toBeUndefined();
    expect(readable(building, 2)).toBeUndefined();
  });

  it('go on without those whose storage is lost', () => {
    const two = switchToBuild(accepted(rebuild(serving, request)));
    expect(without(two, ({ number }) => number === 2)).toMatchObject({ serving: generation(1), former: [] });
    expect(without(two, () => true)).toMatchObject({ serving: null, former: [] });
  });

  it('never lose the serving one, whatever operators and builds do', () => {
    const steps = fc.constantFrom<(g: GenerationsOf) => GenerationsOf | GenerationsRefusal>(
      (g) => rebuild(g, request),
      (g) => rebuild(g, { ...request, version: 3 }),
      (g) => inPhase('waiting', g),
      (g) => inPhase('failed', g),
      cancel,
      resume,
      approve,
      rollBack,
      prune,
      switchToBuild,
    );
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40 }), (path) => {
        let now = serving;
        for (const step of path) {
          const next = step(now);
          if (isRejection(next)) continue;
          now = next;
          expect(now.serving).not.toBeNull();
          const storages = storagesOf(now);
          expect(new Set(storages).size).toBe(storages.length);
        }
      }),
    );
  });
});
