import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a benchmark found out, by the names that table.ts describes. */
export type Figures = Readonly<Partial<Record<string, number>>>;

export interface Scale {
  /** How long a rate is measured. */
  readonly seconds: number;
  readonly receipts: number;
  readonly orders: number;
  readonly relayMemoryEvents: number;
  readonly rebuildEvents: number;
}

/** Operations a second of so many callers, each of which starts the next one when the one before is done. */
export const rateOf = async (
  callers: number,
  seconds: number,
  operation: () => Promise<unknown>,
): Promise<number> => {
  globalThis.gc?.();
  const start = performance.now();
  const end = start + seconds * 1_000;
  let done = 0;
  const call = async (): Promise<void> => {
    while (performance.now() < end) {
      await operation();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return (done * 1_000) / (performance.now() - start);
};

export const elapsedMs = async (work: () => Promise<unknown>): Promise<number> => {
  globalThis.gc?.();
  const start = performance.now();
  await work();
  return performance.now() - start;
};

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Nearest rank. */
export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? NaN;

/** Every measurement starts from an empty folder. */
export const inFreshFolder = async <Result>(work: (dataDir: string) => Promise<Result>): Promise<Result> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'orders-bench-'));
  try {
    return await work(dataDir);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
};
