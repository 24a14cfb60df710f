import { writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { type Figures } from './measure.js';
import { type Line, summarise, tableOf } from './table.js';

export interface ReportOptions {
  /** One short round. */
  readonly quick: boolean;
  /** The file that gets the figures. */
  readonly json: string | undefined;
}

/** Measures three rounds and prints the table and the figures. */
export const report = async (
  { quick, json }: ReportOptions,
  lines: readonly Line[],
  scale: object,
  round: () => Promise<Figures>,
): Promise<void> => {
  const rounds = quick ? 1 : 3;
  const measured: Figures[] = [];
  const load = [loadavg()[0]];
  while (measured.length < rounds) {
    measured.push(await round());
    load.push(loadavg()[0]);
    console.error(`Round ${measured.length} of ${rounds} is done.`);
  }
  const summary = summarise(measured, lines);
  console.log(`${tableOf(summary)}\n`);
  const figures = JSON.stringify(
    {
      at: new Date().toISOString(),
      node: process.version,
      cores: availableParallelism(),
      /** Of the machine, before each round and after the last: what measures is part of it. */
      load,
      rounds,
      scale,
      summary,
    },
    null,
    2,
  );
  console.log(figures);
  if (json !== undefined) await writeFile(json, `${figures}\n`);
};
