import { z } from 'zod';

const count = z.int().nonnegative();

/** Conditions under which a real server refuses a call. */
export const conditions = [
  'not ready',
  'too busy',
  'write timeout',
  'access denied',
  'unauthenticated',
  'no leader',
  'invalid transaction',
  'cancelled',
] as const;
export type Condition = (typeof conditions)[number];

/** The switches. A count is of the next calls, and goes down as they are hit. */
export const faultsSchema = z.strictObject({
  /** GetSupportedMethods is never answered. */
  silentFeatures: z.boolean(),
  /** What BatchAppend receives is neither applied nor answered. */
  silentBatch: z.boolean(),
  /** Instead of an answer the BatchAppend stream ends with OK; nothing is applied. */
  endBatch: count,
  /** Instead of an answer the BatchAppend stream fails with UNAVAILABLE; nothing is applied. */
  breakBatch: count,
  /** The append is applied, its answer lost: Append stays silent, BatchAppend's stream fails with UNAVAILABLE. */
  loseAck: count,
  /** Calls that are refused, and why. */
  refuse: z.strictObject({ condition: z.enum(conditions), calls: count }).nullable(),
  /** This node is a follower: calls that require the leader are told where it is. */
  leader: z.strictObject({ host: z.string(), port: z.int() }).nullable(),
  /** Checkpoints lie above the event and equal the next one's position (EventStore issue 4970). */
  checkpointAhead: z.boolean(),
  /** fell_behind is sent, which no released server does. */
  fellBehind: z.boolean(),
});
export type Faults = z.infer<typeof faultsSchema>;

export const noFaults = (): Faults => ({
  silentFeatures: false,
  silentBatch: false,
  endBatch: 0,
  breakBatch: 0,
  loseAck: 0,
  refuse: null,
  leader: null,
  checkpointAhead: false,
  fellBehind: false,
});

/** Whether this call is hit; it is then counted. */
export const hits = (faults: Faults, fault: 'endBatch' | 'breakBatch' | 'loseAck'): boolean => {
  if (faults[fault] === 0) return false;
  faults[fault] -= 1;
  return true;
};

export const refusal = ({ refuse }: Faults): Condition | undefined => {
  if (!refuse || refuse.calls === 0) return undefined;
  refuse.calls -= 1;
  return refuse.condition;
};
