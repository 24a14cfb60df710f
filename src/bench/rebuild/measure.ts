import { fork } from 'node:child_process';
import { join } from 'node:path';
import { type RebuildTask, type TaskDone } from './tasks.js';

export interface RebuildFigures {
  readonly view: string;
  readonly events: number;
  readonly documents: number;
  readonly eventsPerSecond: number;
  /** When the events are only read and the documents only written, which no rebuild can do without. */
  readonly rawEventsPerSecond: number;
  /** The engine's, for the same documents. */
  readonly rawDocumentsPerSecond: number;
  readonly rebuiltDocumentsPerSecond: number;
  /** Of the two rates above. */
  readonly ratio: number;
  readonly mostMb: number;
  readonly microsecondsPerEvent: number;
  /** With an equal generation. */
  readonly comparisonSeconds: number;
}

/** Rebuilds the view of a store that nobody else writes, and leaves the store as it was. */
export const measureRebuild = async (
  dataDir: string,
  projection: string,
  parallel: number,
): Promise<RebuildFigures> => {
  const built = `bench_${projection}`;
  const raw = `bench_${projection}_raw`;
  const drop = async (): Promise<void> => {
    for (const storage of [built, raw]) await inProcess({ do: 'drop', dataDir, projection, storage });
  };
  await drop();
  try {
    const rebuild = await inProcess({ do: 'rebuild', dataDir, projection, storage: built, parallel });
    const read = await inProcess({ do: 'read', dataDir, projection });
    const write = await inProcess({ do: 'write', dataDir, projection, from: built, storage: raw });
    const compare = await inProcess({ do: 'compare', dataDir, projection, one: built, other: raw });
    const rawDocumentsPerSecond = write.count / write.seconds;
    const rebuiltDocumentsPerSecond = write.count / rebuild.seconds;
    return {
      view: projection,
      events: read.count,
      documents: write.count,
      eventsPerSecond: read.count / rebuild.seconds,
      rawEventsPerSecond: read.count / (read.seconds + write.seconds),
      rawDocumentsPerSecond,
      rebuiltDocumentsPerSecond,
      ratio: write.seconds / rebuild.seconds,
      mostMb: rebuild.mostMb,
      microsecondsPerEvent: (rebuild.seconds * 1_000_000) / read.count,
      comparisonSeconds: compare.seconds,
    };
  } finally {
    await drop();
  }
};

export const inProcess = (task: RebuildTask): Promise<TaskDone> =>
  new Promise((resolve, reject) => {
    const program = join(import.meta.dirname, 'task.child.js');
    const child = fork(program, [JSON.stringify(task)], { execArgv: ['--enable-source-maps'] });
    const killWithUs = (): void => void child.kill('SIGKILL');
    process.once('exit', killWithUs);
    let done: TaskDone | undefined;
    child.on('message', (message: TaskDone) => {
      done = message;
    });
    child.on('exit', (code) => {
      process.off('exit', killWithUs);
      if (done !== undefined && code === 0) resolve(done);
      else reject(new Error(`To ${task.do} ${task.projection} failed; its process ended with ${code}.`));
    });
  });
