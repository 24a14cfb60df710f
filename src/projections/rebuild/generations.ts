import { type Instant, type Position } from '../../kernel/envelope.js';
import { isRejection, reject, type Rejection } from '../../kernel/rejection.js';
import {
  type Build,
  type BuildProgress,
  type Generation,
  type Generations,
  type GenerationsOf,
} from '../../ports/generations.js';
import { type Views } from '../../ports/views.js';

/** Pure: how the generations of a view come, serve and go. A refusal is a value. */

export type GenerationsRefusal = Rejection<
  | 'REBUILD_IN_PROGRESS'
  | 'NO_REBUILD'
  | 'REBUILD_NOT_WAITING'
  | 'REBUILD_NOT_FAILED'
  | 'NO_FORMER_GENERATION'
  | 'OTHER_VERSION_SERVES'
>;

export const noGenerations = (projection: string): GenerationsOf => ({
  projection,
  serving: null,
  former: [],
  build: null,
  last: 0,
  comparison: null,
});

export interface RebuildRequest {
  readonly version: number;
  readonly at: Instant;
  readonly switches: Build['switches'];
  readonly parallel: number;
  /** The version that must be serving. */
  readonly fromVersion?: number | undefined;
}

const nothingYet = (at: Instant): BuildProgress => ({
  fraction: 0,
  events: 0,
  eventsPerSecond: 0,
  remainingSeconds: null,
  position: null,
  documents: 0,
  updatedAt: at,
});

export const rebuild = (
  generations: GenerationsOf,
  { version, at, switches, parallel, fromVersion }: RebuildRequest,
): GenerationsOf | GenerationsRefusal => {
  const { projection, build, serving } = generations;
  if (build !== null) {
    return reject(
      'REBUILD_IN_PROGRESS',
      `Generation ${build.number} of ${projection} is being built (${build.phase}). Wait for it, or cancel it first.`,
    );
  }
  if (fromVersion !== undefined && serving?.version !== fromVersion) {
    const is = serving === null ? 'no version' : `version ${serving.version}`;
    return reject('OTHER_VERSION_SERVES', `Of ${projection} ${is} serves, not version ${fromVersion}.`);
  }
  const number = generations.last + 1;
  const storage = `${projection}_v${version}_g${number}`;
  const asked = { number, version, storage, createdAt: at, switches, parallel };
  return {
    ...generations,
    last: number,
    build: {
      ...asked,
      phase: 'replaying',
      switchNow: false,
      attempt: 1,
      progress: nothingYet(at),
      comparison: null,
      failure: null,
    },
  };
};

export const cancel = (generations: GenerationsOf): GenerationsOf | GenerationsRefusal =>
  generations.build === null ? noRebuild(generations) : { ...generations, build: null };

/** A build that stopped is started again from its checkpoint. */
export const resume = (generations: GenerationsOf): GenerationsOf | GenerationsRefusal => {
  const { build, projection } = generations;
  if (build === null) return noRebuild(generations);
  if (build.phase !== 'failed') {
    return reject(
      'REBUILD_NOT_FAILED',
      `The rebuild of ${projection} is ${build.phase}: it needs no resuming.`,
    );
  }
  return {
    ...generations,
    build: { ...build, phase: 'replaying', failure: null, attempt: build.attempt + 1 },
  };
};

/** Says that the build may take over although it differs. */
export const approve = (generations: GenerationsOf): GenerationsOf | GenerationsRefusal => {
  const { build, projection } = generations;
  if (build === null) return noRebuild(generations);
  if (build.phase !== 'waiting') {
    const detail = `The rebuild of ${projection} is ${build.phase}: it can be switched to when it is waiting.`;
    return reject('REBUILD_NOT_WAITING', detail);
  }
  return { ...generations, build: { ...build, switchNow: true } };
};

/** The build serves from now on. */
export const switchToBuild = (generations: GenerationsOf): GenerationsOf => {
  const { build, serving, former } = generations;
  if (build === null) return generations;
  const { number, version, storage, createdAt } = build;
  return {
    ...generations,
    serving: { number, version, storage, createdAt },
    former: serving === null ? former : [serving, ...former],
    build: null,
    comparison: build.comparison ?? generations.comparison,
  };
};

/** The one that served before serves again, and the other one is the former one. */
export const rollBack = (generations: GenerationsOf): GenerationsOf | GenerationsRefusal => {
  const { serving, projection } = generations;
  const [latest, ...older] = generations.former;
  if (serving === null || latest === undefined) {
    return reject('NO_FORMER_GENERATION', `Nothing served before of ${projection}, or it has been pruned.`);
  }
  return { ...generations, serving: latest, former: [serving, ...older] };
};

export const prune = (generations: GenerationsOf): GenerationsOf => ({ ...generations, former: [] });

/** Without those whose storage is lost. */
export const without = (
  generations: GenerationsOf,
  lost: (generation: Generation) => boolean,
): GenerationsOf => {
  const { serving, former } = generations;
  const kept = [...(serving === null ? [] : [serving]), ...former].filter((generation) => !lost(generation));
  const [next = null, ...rest] = kept;
  const build = generations.build !== null && lost(generations.build) ? null : generations.build;
  return { ...generations, serving: next, former: rest, build };
};

/** Which generation a reader of this version reads: a process knows the documents of its own version alone. */
export const readable = ({ serving, former }: GenerationsOf, version: number): Generation | undefined =>
  [...(serving === null ? [] : [serving]), ...former].find((generation) => generation.version === version);

export const storagesOf = ({ serving, former, build }: GenerationsOf): readonly string[] =>
  [serving, ...former, build].flatMap((generation) => generation?.storage ?? []);

/** The generations as they are. */
export const generationsOf = async (
  store: Pick<Generations, 'load'>,
  projection: string,
): Promise<GenerationsOf> => (await store.load(projection))?.generations ?? noGenerations(projection);

/** Up to where a storage has been written; undefined also when it is not there. */
export const checkpointOf = async (
  views: Pick<Views, 'existing'>,
  storage: string,
): Promise<Position | undefined> => (await views.existing(storage))?.checkpoint();

const noRebuild = ({ projection }: GenerationsOf): GenerationsRefusal =>
  reject('NO_REBUILD', `No rebuild of ${projection} is under way.`);

/**
 * Saves what the change makes of the generations as they are; again when somebody else saved in between.
 * @returns the generations as they are then, or the refusal.
 */
export const revise = async <Result extends GenerationsOf | Rejection>(
  store: Generations,
  projection: string,
  change: (generations: GenerationsOf) => Result,
): Promise<Result> => {
  for (;;) {
    const loaded = await store.load(projection);
    const before = loaded?.generations ?? noGenerations(projection);
    const after = change(before);
    if (after === before || isRejection(after)) return after;
    if (await store.save(after, loaded?.revision ?? null)) return after;
  }
};
