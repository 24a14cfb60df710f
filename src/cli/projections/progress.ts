import { bar, clearLine, clock, formatCount, percent } from '../text.js';

export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Moment {
  /** What is rebuilt or verified. */
  readonly label: string;
  readonly phase: string;
  /** Share of the events, 0 to 1; null where it does not tell anything. */
  readonly fraction: number | null;
  readonly eventsPerSecond: number | null;
  readonly remainingSeconds: number | null;
  /** That have been compared. */
  readonly documents: number | null;
}

/** `order_status g2  [##########------------------]   36 %  replaying  52,310 events/s  0:08 left` */
export const describe = (
  { label, phase, fraction, eventsPerSecond, remainingSeconds, documents }: Moment,
  withBar: boolean,
): string =>
  [
    label,
    ...(fraction === null
      ? []
      : [`${withBar ? `${bar(fraction)} ` : ''}${percent(fraction).padStart(withBar ? 5 : 0)}`]),
    phase,
    ...(eventsPerSecond === null ? [] : [`${formatCount(eventsPerSecond)} events/s`]),
    ...(remainingSeconds === null ? [] : [`${clock(remainingSeconds)} left`]),
    ...(documents === null ? [] : [`${formatCount(documents)} documents`]),
  ].join('  ');

const drawEveryMs = 200;
const lineEveryMs = 1_000;

/**
 * One line that is drawn over itself on a terminal; elsewhere a line for every phase, and now and then. Whatever else
 * is written to the terminal goes through `interrupt`.
 */
export class RebuildProgress {
  private readonly live: boolean;
  private moment: Moment | undefined;
  private written = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly terminal: Terminal) {
    this.live = terminal.isTTY === true;
  }

  show(moment: Moment): void {
    const isNew = this.moment?.phase !== moment.phase || this.moment.label !== moment.label;
    this.moment = moment;
    this.timer ??= setInterval(
      () => {
        this.draw();
      },
      this.live ? drawEveryMs : lineEveryMs,
    );
    if (!isNew) return;
    this.timer.refresh();
    this.draw();
  }

  interrupt(write: () => void): void {
    if (this.live && this.written !== '') this.terminal.write(clearLine);
    write();
    if (this.live && this.written !== '') {
      this.written = '';
      this.draw();
    }
  }

  note(text: string): void {
    this.interrupt(() => this.terminal.write(`${text}\n`));
  }

  /** The result follows. */
  end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.moment = undefined;
    if (this.live && this.written !== '') this.terminal.write(clearLine);
    this.written = '';
  }

  private draw(): void {
    if (this.moment === undefined) return;
    const text = describe(this.moment, this.live);
    if (text === this.written) return;
    this.written = text;
    // A longer line would break, and the next one would not cover it.
    const { columns } = this.terminal;
    const fitting = columns === undefined ? text : text.slice(0, Math.max(0, columns - 1));
    this.terminal.write(this.live ? `${clearLine}${fitting}` : `${text}\n`);
  }
}
