import { setTimeout as delay } from 'node:timers/promises';
import { loadavg } from 'node:os';
import { Connection } from './connection.js';
import { inFreshFolder, percentile } from './measure.js';
import { type RunningProgram, startProgram } from './program.js';
import { newOrder, stock } from './shop.js';

/** What became of the orders of some seconds. */
interface Outcome {
  /** Orders that were sent a second. */
  readonly offered: number;
  readonly taken: number;
  readonly refused: number;
  readonly failed: number;
  /** Of the orders that were taken, from when they were due to the answer. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly residentMb: number;
}

export interface SustainedOptions {
  readonly seconds: number;
  /** The most that the 99th percentile of answers may take. */
  readonly p99Ms: number;
  /** Of the first step, in orders a second; each next one is a quarter more. */
  readonly from: number;
}

/** More would wait in the client, and is counted as if it were sent when it was due. */
const mostConnections = 2_000;
const idle = 4_000;
const steps = 1.25;

/**
 * How many orders a second the program takes for as long as they come, whoever waits for what: they come when they are
 * due, whether those before are answered or not. Then what it does with three times as many, and whether it recovers.
 */
export const measureSustained = async (options: SustainedOptions): Promise<void> => {
  await inFreshFolder(async (dataDir) => {
    const program = await startProgram(dataDir);
    const customers = new Customers(program);
    await customers.begin();
    console.log(heading);
    const run = async (rate: number): Promise<Outcome> => {
      const outcome = await customers.order(rate, options.seconds);
      console.log(lineOf(outcome));
      // What is behind catches up.
      await delay(idle);
      return outcome;
    };
    await customers.order(options.from, options.seconds);
    let sustained = 0;
    for (let rate = options.from; ; rate = Math.round(rate * steps)) {
      const { p99Ms, refused, failed } = await run(rate);
      if (refused + failed > 0 || p99Ms > options.p99Ms) break;
      sustained = rate;
    }
    console.log(
      `${sustained} orders/s are sustained with 99 % answered within ${options.p99Ms} ms. Three times that, and then that again:`,
    );
    await run(3 * Math.max(sustained, options.from));
    await run(Math.max(sustained, options.from));
    customers.end();
    await program.stop();
    console.log(`Load of the machine: ${String(loadavg()[0]?.toFixed(1))}`);
  });
};

class Customers {
  private readonly free: Connection[] = [];
  private opened = 0;
  private placed = 0;

  constructor(private readonly program: RunningProgram) {}

  async begin(): Promise<void> {
    const connection = await Connection.open(this.program.url);
    await stock(connection);
    this.free.push(connection);
    this.opened = 1;
  }

  end(): void {
    for (const connection of this.free) connection.close();
  }

  async order(rate: number, seconds: number): Promise<Outcome> {
    const count = Math.round(rate * seconds);
    const start = performance.now();
    const took: number[] = [];
    let [refused, failed] = [0, 0];
    const one = async (dueAt: number): Promise<void> => {
      const connection = await this.connection();
      try {
        const { status } = await connection.post('/api/orders', newOrder((this.placed += 1)));
        if (status === 201) took.push(performance.now() - dueAt);
        else if (status === 503 || status === 429) refused += 1;
        else failed += 1;
        this.free.push(connection);
      } catch {
        failed += 1;
        this.opened -= 1;
      }
    };
    const orders: Promise<void>[] = [];
    while (orders.length < count) {
      const due = Math.min(count, Math.floor(((performance.now() - start) / 1_000) * rate) + 1);
      while (orders.length < due) orders.push(one(start + (orders.length * 1_000) / rate));
      await delay(1);
    }
    await Promise.all(orders);
    return {
      offered: rate,
      taken: took.length / seconds,
      refused: refused / seconds,
      failed: failed / seconds,
      p50Ms: percentile(took, 0.5),
      p99Ms: percentile(took, 0.99),
      residentMb: await this.program.residentMb(),
    };
  }

  private async connection(): Promise<Connection> {
    for (;;) {
      const free = this.free.pop();
      if (free !== undefined) return free;
      if (this.opened < mostConnections) {
        this.opened += 1;
        return Connection.open(this.program.url);
      }
      await delay(1);
    }
  }
}

const columns = ['offered/s', 'taken/s', 'refused/s', 'failed/s', 'p50 ms', 'p99 ms', 'resident MB'];
const heading = columns.map((column) => column.padStart(12)).join('');

const lineOf = (outcome: Outcome): string =>
  Object.values(outcome)
    .map((value: number) => value.toFixed(0).padStart(12))
    .join('');
