import { bar, clearLine, clock, formatCount, percent } from '../text.js';

export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Moment {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly elapsedMs: number;
}

/** `orders [#######---------------------]  25 %  17,414 of 69,659  4,120/s  0:13 left` */
export const describe = ({ label, done, total, elapsedMs }: Moment): string => {
  const part = total === 0 ? 1 : done / total;
  const rate = elapsedMs === 0 ? 0 : (done * 1000) / elapsedMs;
  const left = done === 0 || done === total ? '' : `  ${clock((total - done) / rate)} left`;
  return (
    `${label} ${bar(part)} ${percent(part).padStart(5)}  ` +
    `${formatCount(done)} of ${formatCount(total)}  ${formatCount(rate)}/s${left}`
  );
};

/** A bar that is drawn over itself on a terminal, and a line now and then elsewhere. Notes do not break the bar. */
export class Progress {
  private label = '';
  private done = 0;
  private total = 0;
  private startedAt = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly live: boolean;

  constructor(private readonly terminal: Terminal) {
    this.live = terminal.isTTY === true;
  }

  start(label: string, total: number): void {
    this.label = label;
    this.done = 0;
    this.total = total;
    this.startedAt = performance.now();
    this.timer = setInterval(
      () => {
        this.draw();
      },
      this.live ? 200 : 5_000,
    );
  }

  step(): void {
    this.done += 1;
  }

  note(text: string): void {
    this.terminal.write(`${this.live ? clearLine : ''}${text}\n`);
    if (this.live && this.timer !== undefined) this.draw();
  }

  /** The end of the phase that was started; answers how long it took. */
  stop(): number {
    if (this.timer === undefined) return 0;
    clearInterval(this.timer);
    this.timer = undefined;
    this.draw();
    if (this.live) this.terminal.write('\n');
    return performance.now() - this.startedAt;
  }

  private draw(): void {
    const { label, done, total } = this;
    const text = describe({ label, done, total, elapsedMs: performance.now() - this.startedAt });
    this.terminal.write(this.live ? clearLine + text : `${text}\n`);
  }
}
