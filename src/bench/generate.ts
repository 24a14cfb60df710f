import { fillWithHistory, StoreNotEmpty } from './history/fill.js';

export interface GenerateOptions {
  readonly events: number;
  readonly data: string;
  readonly seed: number;
}

/** @returns the exit code */
export const generate = async ({ events, data, seed }: GenerateOptions): Promise<number> => {
  const start = performance.now();
  const progress = new ProgressLine(events);
  try {
    const written = await fillWithHistory(data, { events, seed, onProgress: progress.show });
    progress.end();
    const seconds = (performance.now() - start) / 1_000;
    console.log(`${count(written)} events in ${data}, ${count(written / seconds)} a second.`);
    return 0;
  } catch (error) {
    if (!(error instanceof StoreNotEmpty)) throw error;
    console.error(
      `The store in ${data} has events already. Name a folder without one: a history begins with nothing.`,
    );
    return 2;
  }
};

const count = (number: number): string => Math.round(number).toLocaleString('en');

const terminalEveryMs = 200;
const lineEveryMs = 10_000;

/** On a terminal one line that changes, elsewhere a line now and then. */
export class ProgressLine {
  private readonly start = performance.now();
  private shown = 0;

  constructor(private readonly total: number) {}

  readonly show = (events: number): void => {
    const now = performance.now();
    if (now - this.shown < (process.stderr.isTTY ? terminalEveryMs : lineEveryMs)) return;
    this.shown = now;
    const rate = (events * 1_000) / (now - this.start);
    const share = Math.floor((events * 100) / this.total);
    const line = `${count(events)} of ${count(this.total)} events (${share} %), ${count(rate)} a second`;
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  };

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }
}
