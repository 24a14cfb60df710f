import { ProjectionKeeper } from '../../projections/keeper.js';
import { type AnyProjection } from '../../projections/projection.js';
import { defaultParallel } from '../../projections/rebuild/desk.js';
import { type Config } from '../config.js';
import { type Platform } from '../platform.js';
import { ThreadedWork } from './threaded-work.js';

/** Keeps these views as this process, or as a tool in the absence of one, does. */
export const keeperFor = (
  projections: readonly AnyProjection[],
  platform: Platform,
  config: Config,
): ProjectionKeeper =>
  new ProjectionKeeper(projections, {
    ...platform,
    ttlMs: config.LEASE_TTL_MS,
    workFor: (projection) => new ThreadedWork(projection, platform, config),
    parallel: defaultParallel(),
  });
