import { ProgressLine } from '../generate.js';
import { fillWithHistory } from '../history/fill.js';
import { inFreshFolder } from '../measure.js';
import { aligned, numberOf } from '../table.js';
import { measureRebuild, type RebuildFigures } from './measure.js';

export interface RebuildOptions {
  /** The sizes of the histories to make, or the folder of one. */
  readonly of: readonly number[] | string;
  readonly views: readonly string[];
  readonly parallel: number;
}

const seed = 1;

/** Prints what it found out. @returns the exit code */
export const rebuild = async ({ of, views, parallel }: RebuildOptions): Promise<number> => {
  const figures: RebuildFigures[] = [];
  const measureIn = async (dataDir: string): Promise<void> => {
    for (const view of views) {
      const measured = await measureRebuild(dataDir, view, parallel);
      figures.push(measured);
      console.error(`${view}: ${numberOf(measured.events)} events, ratio ${measured.ratio.toFixed(3)}.`);
    }
  };
  if (typeof of === 'string') await measureIn(of);
  else {
    for (const events of of) {
      await inFreshFolder(async (dataDir) => {
        await fill(dataDir, events);
        await measureIn(dataDir);
      });
    }
  }
  console.log(tableOf(figures));
  return 0;
};

const fill = async (dataDir: string, events: number): Promise<void> => {
  const progress = new ProgressLine(events);
  await fillWithHistory(dataDir, { events, seed, onProgress: progress.show });
  progress.end();
};

const tableOf = (figures: readonly RebuildFigures[]): string =>
  aligned([
    [
      'view',
      'events',
      'documents',
      'events/s',
      'raw docs/s',
      'rebuilt docs/s',
      'ratio',
      'with reading',
      'MB',
      'µs/event',
      'compare s',
    ],
    ...figures.map((each) => [
      each.view,
      numberOf(each.events),
      numberOf(each.documents),
      numberOf(each.eventsPerSecond),
      numberOf(each.rawDocumentsPerSecond),
      numberOf(each.rebuiltDocumentsPerSecond),
      each.ratio.toFixed(3),
      (each.eventsPerSecond / each.rawEventsPerSecond).toFixed(3),
      numberOf(each.mostMb),
      each.microsecondsPerEvent.toFixed(1),
      each.comparisonSeconds.toFixed(1),
    ]),
  ]);
