import { setTimeout as delay } from 'node:timers/promises';
import { isRejection } from '../../kernel/rejection.js';
import { type ProjectionDesk, type ViewStatus } from '../../projections/rebuild/desk.js';
import { type Caretaker } from './caretaker.js';
import { type Moment, type RebuildProgress } from './progress.js';

export interface WatchEnd {
  readonly is: 'serving' | 'waiting' | 'failed' | 'cancelled' | 'interrupted';
  readonly status: ViewStatus;
}

export interface WatchPorts {
  readonly desk: Pick<ProjectionDesk, 'one'>;
  readonly caretaker: Pick<Caretaker, 'look'>;
  readonly progress: Pick<RebuildProgress, 'show' | 'end'>;
  readonly signal: AbortSignal;
}

const lookEveryMs = 200;

/** Until the build of this number serves or cannot go on by itself. */
export const watch = async (
  name: string,
  number: number,
  { desk, caretaker, progress, signal }: WatchPorts,
): Promise<WatchEnd> => {
  try {
    for (;;) {
      const status = await desk.one(name);
      if (isRejection(status)) throw new Error(status.detail);
      const is = signal.aborted ? 'interrupted' : endOf(status, number);
      if (is !== undefined) return { is, status };
      progress.show(momentOf(status));
      await caretaker.look();
      await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    progress.end();
  }
};

const endOf = ({ build, serving, former }: ViewStatus, number: number): WatchEnd['is'] | undefined => {
  if (build?.number === number) {
    if (build.phase === 'failed') return 'failed';
    return build.phase === 'waiting' && !build.switchNow ? 'waiting' : undefined;
  }
  return [serving, ...former].some((generation) => generation?.number === number) ? 'serving' : 'cancelled';
};

/** A replay has read further than it has written down. */
export const shareRead = (build: ViewStatus['build']): number =>
  build === null ? 1 : build.phase === 'replaying' ? build.progress.fraction : build.reached;

export const momentOf = ({ name, phase, build }: ViewStatus): Moment => {
  const { number = 0, progress } = build ?? {};
  const label = `${name} g${number}`;
  const isReplaying = phase === 'replaying';
  return {
    label,
    phase,
    fraction: shareRead(build),
    eventsPerSecond: isReplaying && progress !== undefined ? progress.eventsPerSecond : null,
    remainingSeconds: isReplaying && progress !== undefined ? progress.remainingSeconds : null,
    documents: phase === 'comparing' && progress !== undefined ? progress.documents : null,
  };
};
