import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from './connection.js';
import { type Figures, type Scale } from './measure.js';
import { startProgram } from './program.js';
import { happenedAt, newOrder, sendAll, stock } from './shop.js';

const clients = 64;
/** Orders before the measurement, so that the program's code is compiled. */
const warmUp = 500;

/** Commands through the whole program. The store that it leaves behind has a known number of events. */
export const http = async (
  dataDir: string,
  { receipts, orders }: Pick<Scale, 'receipts' | 'orders'>,
  settings: Readonly<Record<string, string>> = {},
): Promise<Figures> => {
  const program = await startProgram(dataDir, settings);
  await delay(1_000);
  const idleMb = await program.residentMb();
  const connections = await Connection.many(program.url, clients);
  for (const first of connections.slice(0, 1)) await stock(first);
  const place = (index: number) => (connection: Connection) =>
    connection.create('/api/orders', newOrder(index));
  await sendAll(connections, warmUp, place);
  await happenedAt(dataDir, 'OrderConfirmed', warmUp);

  const httpReceipts = await sendAll(
    connections,
    receipts,
    (index) => (connection) =>
      connection.create(`/api/inventory/NEW-${index}/receipts`, { quantity: 1, reference: 'bench' }),
  );
  const cpuBefore = await program.cpuMs();
  const start = Date.now();
  const httpOrders = await sendAll(connections, orders, place);
  const end = await happenedAt(dataDir, 'OrderConfirmed', warmUp + orders);
  const orderCpuMs = ((await program.cpuMs()) - cpuBefore) / orders;
  for (const connection of connections) connection.close();
  await program.stop();
  return {
    startMs: program.startMs,
    idleMb,
    httpReceipts,
    httpOrders,
    confirmedOrders: (orders * 1_000) / (end - start),
    orderCpuMs,
  };
};
