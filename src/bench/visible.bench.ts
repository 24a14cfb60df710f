import { setTimeout as delay } from 'node:timers/promises';
import { Connection, headerOf } from './connection.js';
import { type Figures, inFreshFolder, percentile } from './measure.js';
import { startProgram } from './program.js';
import { newOrder, stock } from './shop.js';

const warmUpSeconds = 3;

/**
 * Orders arrive at a steady rate, whether or not the earlier ones are answered; each is read back from the view
 * with the token of its own write.
 */
export const visible = (
  ordersPerSecond: number,
  seconds: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<Figures> =>
  inFreshFolder(async (dataDir) => {
    const program = await startProgram(dataDir, settings);
    const idle = [await Connection.open(program.url)];
    for (const first of idle) await stock(first);

    const readBack = async (index: number): Promise<Sample> => {
      const connection = idle.pop() ?? (await Connection.open(program.url));
      const sample = await placeAndRead(connection, index);
      idle.push(connection);
      return sample;
    };
    const samples: Promise<Sample>[] = [];
    const start = performance.now();
    for (let index = 0; index < (warmUpSeconds + seconds) * ordersPerSecond; index += 1) {
      const due = start + (index * 1_000) / ordersPerSecond;
      const early = due - performance.now();
      if (early > 0) await delay(early);
      samples.push(readBack(index));
    }
    const measured = (await Promise.all(samples)).slice(Math.floor(warmUpSeconds * ordersPerSecond));
    for (const connection of idle) connection.close();
    await program.stop();

    const answered = measured.map(({ sinceAnswer }) => sinceAnswer);
    const durable = measured.map(({ sinceSending, sinceAnswer }) => sinceSending - sinceAnswer);
    const sent = measured.map(({ sinceSending }) => sinceSending);
    return {
      visibleRate: ordersPerSecond,
      durableP50: percentile(durable, 0.5),
      durableP99: percentile(durable, 0.99),
      visibleP50: percentile(answered, 0.5),
      visibleP99: percentile(answered, 0.99),
      sentToVisibleP50: percentile(sent, 0.5),
      sentToVisibleP99: percentile(sent, 0.99),
    };
  });

/** Until the answer of the read, in ms. */
interface Sample {
  readonly sinceSending: number;
  readonly sinceAnswer: number;
}

const placeAndRead = async (connection: Connection, index: number): Promise<Sample> => {
  const sent = performance.now();
  const { head } = await connection.create('/api/orders', newOrder(index));
  const answered = performance.now();
  const token = headerOf(head, 'consistency-token');
  const { status, body } = await connection.get(
    headerOf(head, 'location'),
    `consistency-token: ${token}\r\n`,
  );
  if (status !== 200) throw new Error(`The order cannot be read back: ${status} ${body}`);
  const read = performance.now();
  return { sinceSending: read - sent, sinceAnswer: read - answered };
};
