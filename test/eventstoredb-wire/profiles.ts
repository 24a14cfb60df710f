/** What differs between the versions of the server, as far as a client of streams can see it. */
export interface Profile {
  readonly version: string;
  /** Reads of a stream carry each event's place in the log. */
  readonly positionsInStreamReads: boolean;
  readonly caughtUp: boolean;
  /** Whether a subscription to a stream that does not exist has caught up. */
  readonly caughtUpWithoutStream: boolean;
  /** A subscription to $all with a filter sends a checkpoint when it has caught up. */
  readonly checkpointWhenCaughtUp: boolean;
  /** $all resumes after the first event at or after the position given, instead of after the position itself. */
  readonly resumeSkipsOne: boolean;
  readonly slowConsumer: 'dropped' | 'back to catching up';
}

const v21: Profile = {
  version: '21.10.0',
  positionsInStreamReads: false,
  caughtUp: false,
  caughtUpWithoutStream: false,
  checkpointWhenCaughtUp: false,
  resumeSkipsOne: true,
  slowConsumer: 'dropped',
};
const v22: Profile = { ...v21, version: '22.10.0', positionsInStreamReads: true };
const v23: Profile = { ...v22, version: '23.10.0', caughtUp: true };
const v24: Profile = {
  ...v23,
  version: '24.10.0',
  caughtUpWithoutStream: true,
  checkpointWhenCaughtUp: true,
  resumeSkipsOne: false,
  slowConsumer: 'back to catching up',
};

export const profiles = { '21.10': v21, '22.10': v22, '23.10': v23, '24.10': v24 } as const;
export type ProfileName = keyof typeof profiles;
