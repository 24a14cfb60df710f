/** What a writer expects the stream to be at; a number is the revision of its last event. */
export type Expected = 'any' | 'no-stream' | 'stream-exists' | number;

interface Choice {
  hasAny(): boolean;
  hasNoStream(): boolean;
  hasStreamExists(): boolean;
}

/** @param revision when that is what was chosen. @returns undefined when nothing was. */
export const expectedOf = (choice: Choice, revision: string | undefined): Expected | undefined => {
  if (choice.hasAny()) return 'any';
  if (choice.hasNoStream()) return 'no-stream';
  if (choice.hasStreamExists()) return 'stream-exists';
  return revision === undefined ? undefined : Number(revision);
};

/** As it stands in trailers. */
export const expectedNumber = (expected: Expected): number =>
  typeof expected === 'number' ? expected : { any: -2, 'no-stream': -1, 'stream-exists': -4 }[expected];
