import { type Metrics, type Reading } from '../../adapters/observed/metrics.js';
import { type FulfilmentStep } from '../../domains/order/contract.js';
import { type Position } from '../../kernel/envelope.js';
import { deadLetterStates } from '../../ports/dead-letters.js';
import { type Incident } from '../../ports/incidents.js';
import { projectionsOf } from '../../projections/all.js';
import { type ProjectionStatus } from '../../projections/runner.js';
import {
  type Fulfilment,
  fulfilmentsProjection,
} from '../../projections/fulfilments/fulfilments.projection.js';
import { figuresOfStep, type StepFigures } from '../../projections/fulfilments/fulfilments.query.js';
import { type Config } from '../config.js';
import { type Platform } from '../platform.js';
import { type Workers } from '../workers.js';
import { type Lag, lagsOf } from './lag.js';

/** One that only stands by, or whose position is not known yet, is not behind: another process tells of it. */
const working = new Set(['building', 'catching-up', 'live', 'restarting', 'failed']);
/** Of different kinds, of one group. */
const mostFailures = 1_000;
const relayStates = ['standby', 'catching-up', 'live', 'restarting', 'failed'] as const;

/** What the projections, the bridge, the reactions and the consumers of this process have done and have left to do. */
export const observeWork = (workers: Workers, platform: Platform, config: Config, metrics: Metrics): void => {
  const { eventStore, generations, deadLetters, clock, incidents } = platform;
  const { SERVICES, ROLES } = config;
  const projections = (): readonly ProjectionStatus[] =>
    workers.status.projections.filter(({ state }) => working.has(state));
  const relay = () => workers.status.bridge?.relay;

  /** Of the relay and of every storage of a view that this process keeps, read once a scrape. */
  const lags = recently(async (): Promise<ReadonlyMap<string, Lag>> => {
    const positions = new Map<string, Position | undefined>();
    for (const { storage, position, state } of projections()) {
      // A view that is being built is not late: its progress tells how far it is.
      if (state !== 'building') positions.set(storage, position);
    }
    const bridge = relay();
    if (bridge !== undefined && working.has(bridge.state)) {
      positions.set('bridge', bridge.position as Position | undefined);
    }
    return lagsOf(eventStore, positions, Date.parse(clock.now()));
  });
  const ofViews = async (read: (lag: Lag) => number): Promise<readonly Reading[]> => {
    const known = await lags();
    return projections().flatMap(({ name: projection, version, storage }) => {
      const lag = known.get(storage);
      const labels = { projection, version: String(version), generation: generationOf(storage) };
      return lag === undefined ? [] : [{ labels, value: read(lag) }];
    });
  };
  const ofBridge = async (read: (lag: Lag) => number): Promise<readonly Reading[]> => {
    const lag = (await lags()).get('bridge');
    return lag === undefined ? [] : [{ labels: {}, value: read(lag) }];
  };

  const view = ['projection', 'version', 'generation'];
  metrics.measured(
    'commerce_projection_lag_events',
    'Events that a view has not dealt with, 10,000 for that or more; not while it is built',
    view,
    () => ofViews(({ events }) => events),
  );
  metrics.measured(
    'commerce_projection_lag_seconds',
    'Age of the oldest event that a view has not dealt with; not while it is built',
    view,
    () => ofViews(({ seconds }) => seconds),
  );
  metrics.measured('commerce_projection_failed', '1: stopped at an event that it cannot apply', view, () =>
    projections().map(({ name: projection, version, storage, state }) => ({
      labels: { projection, version: String(version), generation: generationOf(storage) },
      value: state === 'failed' ? 1 : 0,
    })),
  );
  metrics.counted(
    'commerce_projection_restarts_total',
    'Restarts of views after faults of the store, the view or the leases',
    ['projection'],
    () =>
      workers.status.projections.map(({ name, restarts }) => ({
        labels: { projection: name },
        value: restarts,
      })),
  );
  if (ROLES.includes('projector')) {
    metrics.measured(
      'commerce_projection_rebuild_ratio',
      'How much of the events a view that is being built has read, from 0 to 1',
      ['projection', 'phase'],
      async () => {
        const entries = await Promise.all(projectionsOf(SERVICES).map(({ name }) => generations.load(name)));
        return entries.flatMap((entry) => {
          const build = entry?.generations.build;
          if (entry === undefined || build === null || build === undefined) return [];
          const labels = { projection: entry.generations.projection, phase: build.phase };
          return [{ labels, value: build.progress.fraction }];
        });
      },
    );
  }

  if (ROLES.includes('bridge')) {
    metrics.measured('commerce_bridge_state', '1 for the state of the relay', ['state'], () => {
      const state = relay()?.state;
      return relayStates.map((each) => ({ labels: { state: each }, value: each === state ? 1 : 0 }));
    });
    metrics.measured(
      'commerce_bridge_lag_events',
      'Events that are not published, 10,000 for that or more; told by the process that publishes',
      [],
      () => ofBridge(({ events }) => events),
    );
    metrics.measured(
      'commerce_bridge_lag_seconds',
      'Age of the oldest event that is not published; told by the process that publishes',
      [],
      () => ofBridge(({ seconds }) => seconds),
    );
    const told =
      (read: (status: NonNullable<ReturnType<typeof relay>>) => number) => (): readonly Reading[] => {
        const status = relay();
        return status === undefined ? [] : [{ labels: {}, value: read(status) }];
      };
    metrics.counted(
      'commerce_bridge_published_total',
      'Messages published',
      [],
      told(({ published }) => published),
    );
    metrics.counted(
      'commerce_bridge_dead_lettered_total',
      'Events without a place in the contract that were put aside',
      [],
      told(({ deadLettered }) => deadLettered),
    );
    metrics.counted(
      'commerce_bridge_restarts_total',
      'Restarts of the relay after faults',
      [],
      told(({ restarts }) => restarts),
    );
    metrics.measured(
      'commerce_bridge_verification_findings',
      'What the comparison of store and topics has found, by kind; told by the process that compares',
      ['kind'],
      () =>
        Object.entries(workers.status.bridge?.verification?.counts ?? {}).map(([kind, value]) => ({
          labels: { kind },
          value,
        })),
    );
  }

  if (ROLES.includes('projector') && SERVICES.includes('order')) {
    observeFulfilments(platform, config, metrics);
  }

  const reactions = () => workers.status.reactions;
  metrics.counted('commerce_reactions_total', 'Events that were reacted to', ['reaction'], () =>
    reactions().map(({ name, reacted }) => ({ labels: { reaction: name }, value: reacted })),
  );
  metrics.counted(
    'commerce_reaction_failures_total',
    'Attempts at a reaction that failed and were made again',
    ['reaction'],
    () =>
      reactions().map(({ name, failedAttempts }) => ({ labels: { reaction: name }, value: failedAttempts })),
  );
  metrics.measured('commerce_reactions_in_flight', 'Events in hand', ['reaction'], () =>
    reactions().map(({ name, inFlight }) => ({ labels: { reaction: name }, value: inFlight })),
  );
  metrics.measured(
    'commerce_reactions_failing',
    'Events that have failed and not succeeded yet',
    ['reaction'],
    () => reactions().map(({ name, failing }) => ({ labels: { reaction: name }, value: failing })),
  );

  const consumers = () => workers.status.consumers;
  metrics.measured(
    'commerce_consumer_lag_messages',
    'Messages not dealt with, of the partitions of this member',
    ['group'],
    () => consumers().map(({ group, lag }) => ({ labels: { group }, value: lag })),
  );
  metrics.measured('commerce_consumer_partitions', 'Partitions of this member', ['group'], () =>
    consumers().map(({ group, partitions }) => ({ labels: { group }, value: partitions.length })),
  );
  metrics.counted(
    'commerce_consumer_messages_total',
    'Messages by what became of them; one that is retried counts for every retry',
    ['group', 'outcome'],
    () =>
      consumers().flatMap(({ group, handled, skipped, duplicates, retried }) =>
        Object.entries({ handled, skipped, duplicate: duplicates, retried }).map(([outcome, value]) => ({
          labels: { group, outcome },
          value,
        })),
      ),
  );
  metrics.measured(
    'commerce_dead_letters',
    'Parked messages of the group, by state; every member tells of all',
    ['group', 'state'],
    () =>
      consumers().flatMap(({ group, parked }) =>
        deadLetterStates.map((state) => ({ labels: { group, state }, value: parked[state] })),
      ),
  );
  metrics.measured(
    'commerce_dead_letters_oldest_seconds',
    'Since when the oldest message waits for somebody to decide; 0 when there is none',
    ['group'],
    async () => {
      const now = Date.parse(clock.now());
      return Promise.all(
        consumers().map(async ({ group, parked }) => {
          const failures =
            parked.failed === 0 ? [] : await deadLetters.failures({ group, state: 'failed' }, mostFailures);
          const oldest = failures.reduce((time, { firstFailedAt }) => Math.min(time, firstFailedAt), now);
          return { labels: { group }, value: (now - oldest) / 1_000 };
        }),
      );
    },
  );
  metrics.counted(
    'commerce_engine_incidents_total',
    'What the adapters of the engines got over by themselves, such as a dropped subscription, by reason',
    ['engine', 'kind', 'reason'],
    () =>
      incidents().map(({ engine, kind, reason, count }: Incident) => ({
        labels: { engine, kind, reason },
        value: count,
      })),
  );
};

const steps = ['reserving', 'authorising', 'confirmed', 'stopping', 'abandoning'] as const;

/**
 * The fulfilments that are under way, of all processes, by the step that they stand at. At each step but `confirmed`,
 * which waits for people to pack, an answer comes within the time that its deadline gives it, or something is wrong.
 */
const observeFulfilments = (
  { views, generations, clock }: Platform,
  { RESERVATION_TTL_SECONDS, AUTHORISATION_TIMEOUT_SECONDS }: Config,
  metrics: Metrics,
): void => {
  const patienceSeconds: Readonly<Record<FulfilmentStep, number>> = {
    reserving: Math.min(RESERVATION_TTL_SECONDS, 60),
    authorising: 2 * AUTHORISATION_TIMEOUT_SECONDS,
    confirmed: 7 * 86_400,
    stopping: 300,
    abandoning: 300,
  };
  const figures = recently(async (): Promise<readonly (readonly [FulfilmentStep, StepFigures])[]> => {
    const serving = (await generations.load(fulfilmentsProjection.name))?.generations.serving;
    const view = serving ? await views.existing<Fulfilment>(serving.storage) : undefined;
    if (view === undefined) return [];
    return Promise.all(
      steps.map(async (step) => {
        const before = Date.parse(clock.now()) - patienceSeconds[step] * 1_000;
        return [step, await figuresOfStep(view, step, new Date(before).toISOString())] as const;
      }),
    );
  });
  const told = (read: (of: StepFigures) => number) => async (): Promise<readonly Reading[]> =>
    (await figures()).map(([step, of]) => ({ labels: { step }, value: read(of) }));
  metrics.measured(
    'commerce_fulfilments',
    'Fulfilments under way, by step; every projector of the service tells of all',
    ['step'],
    told(({ active }) => active),
  );
  metrics.measured(
    'commerce_fulfilments_stuck',
    'Of those, the ones that have been at their step for longer than it may take',
    ['step'],
    told(({ stuck }) => stuck),
  );
  metrics.measured(
    'commerce_fulfilments_oldest_seconds',
    'How long the one that came to the step first has been there; 0 when none is',
    ['step'],
    told(({ oldestSince }) =>
      oldestSince === null ? 0 : Math.max(0, (Date.parse(clock.now()) - Date.parse(oldestSince)) / 1_000),
    ),
  );
};

/** `order_status_v2_g7` → `7` */
const generationOf = (storage: string): string => /_g(\d+)$/.exec(storage)?.[1] ?? '';

/** For what several metrics of one scrape are made from. */
const recently = <Result>(read: () => Promise<Result>): (() => Promise<Result>) => {
  let last: { readonly at: number; readonly result: Promise<Result> } | undefined;
  return () => {
    if (last === undefined || performance.now() - last.at > 250)
      last = { at: performance.now(), result: read() };
    return last.result;
  };
};
