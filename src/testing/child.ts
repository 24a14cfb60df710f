import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from './until.js';

/** A program of `src/testing/*.child.ts`, as it is built, in a process of its own; it reports by messages. */
export class Child<Report extends object> {
  readonly reports: Report[] = [];
  private readonly process: ChildProcess;
  private readonly exited: Promise<unknown>;
  private readonly killWithUs = (): void => void this.process.kill('SIGKILL');

  constructor(program: string, ...args: readonly string[]) {
    this.process = fork(join(process.cwd(), 'dist/testing', `${program}.child.js`), args, { execArgv: [] });
    this.process.on('message', (report) => this.reports.push(report as Report));
    this.exited = once(this.process, 'exit');
    process.once('exit', this.killWithUs);
  }

  /** The reports of one kind, in the order in which they were made. */
  all<Told extends Report>(isWanted: (report: Report) => report is Told): Told[] {
    return this.reports.filter(isWanted);
  }

  /** Resolves as soon as the reports are enough. */
  async waitFor(what: string, isEnough: (reports: readonly Report[]) => boolean): Promise<void> {
    await until(what, () => {
      if (isEnough(this.reports)) return true;
      const { exitCode, signalCode } = this.process;
      if (exitCode !== null || signalCode !== null) throw new Error(`The child ended before ${what}.`);
      return undefined;
    });
  }

  /** Tells the child to go on. Resolves when it has been sent. */
  async tell(message: object): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.process.send(message, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  /** It stands still until it is resumed, and does not notice. */
  pause(): void {
    this.process.kill('SIGSTOP');
  }

  resume(): void {
    this.process.kill('SIGCONT');
  }

  /** It has no chance to finish anything. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended();
  }

  async ended(): Promise<void> {
    await this.exited;
    process.off('exit', this.killWithUs);
  }
}
