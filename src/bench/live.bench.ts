import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from './connection.js';
import { type Figures, inFreshFolder, percentile } from './measure.js';
import { startProgram } from './program.js';
import { happenedAt, newOrder, sendAll, stock } from './shop.js';

const streams = 5_000;
const orders = 500;
const openedAtOnce = 100;
const clients = 16;
/** Of refunds; each is told to ten clients. */
const commandsPerSecond = 100;
const patienceMs = 60_000;
const total = { amountMinor: 1_999, currency: 'EUR' };
const part = { ...total, amountMinor: 999 };
const rest = { ...total, amountMinor: 1_000 };

/** One client that follows one order. */
class Follower {
  /** The body that it has. */
  last = '';
  updates = 0;
  /** When each status of the payment was first seen. */
  readonly seen = new Map<string, number>();
  failure: string | undefined;
  private text = '';

  constructor(
    private readonly socket: Socket,
    readonly orderId: string,
  ) {
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      this.take(chunk);
    });
    socket.on('error', ({ message }) => (this.failure = message));
    socket.on('close', () => (this.failure ??= 'closed'));
    socket.write(`GET /api/orders/${orderId}/stream HTTP/1.1\r\nhost: bench\r\n\r\n`);
  }

  close(): void {
    this.socket.destroy();
  }

  private take(chunk: string): void {
    // Each event is one chunk of the answer; lines of the transfer encoding are fields that nobody knows.
    const blocks = (this.text + chunk).split('\n\n');
    this.text = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data === undefined) continue;
      this.last = data;
      this.updates += 1;
      const payment = /"payment":"(\w+)"/.exec(data)?.[1] ?? '';
      if (!this.seen.has(payment)) this.seen.set(payment, performance.now());
    }
  }
}

/** Streams of orders that are shipped, delivered and refunded meanwhile. */
export const live = (): Promise<Figures> =>
  inFreshFolder(async (dataDir) => {
    const program = await startProgram(dataDir, { VERIFY_EVERY_SECONDS: '0' });
    const connections = await Connection.many(program.url, clients);
    for (const first of connections.slice(0, 1)) await stock(first);
    const ids = await placeOrders(connections);
    await happenedAt(dataDir, 'ShipmentCreated', orders);

    const followers = await openStreams(program.url, ids);
    const residentMb = await program.residentMb();

    const updates = (): number => followers.reduce((sum, follower) => sum + follower.updates, 0);
    const before = updates();
    const start = performance.now();
    await sendAll(connections, orders, (index) => async (connection) => {
      const path = `/api/shipments/${ids[index] ?? ''}.1`;
      await connection.create(`${path}/dispatch`, { trackingNumber: 'T' });
      await connection.create(`${path}/deliver`, {});
    });
    const isPaidAndDelivered = ({ last }: Follower): boolean =>
      last.includes('"payment":"captured","fulfilment":"delivered"');
    await all(followers, isPaidAndDelivered);
    const pushRate = ((updates() - before) * 1_000) / (performance.now() - start);

    const refunds = await refund(program.url, ids, followers);
    const shown = await shownBy(connections, ids);
    await all(followers, ({ last, orderId }) => last === shown.get(orderId));
    const lost = followers.filter(({ last, orderId }) => last !== shown.get(orderId)).length;
    const open = followers.filter(({ failure }) => failure === undefined).length;
    const pushed = updates();
    for (const connection of [...connections, ...followers]) connection.close();
    await program.stop();
    return {
      liveOpen: open,
      liveMb: residentMb,
      livePushed: pushed,
      livePushRate: pushRate,
      liveLost: lost + refunds.missed,
      liveP50: percentile(refunds.ms, 0.5),
      liveP99: percentile(refunds.ms, 0.99),
    };
  });

const placeOrders = async (connections: readonly Connection[]): Promise<readonly string[]> => {
  const ids: string[] = [];
  await sendAll(connections, orders, (index) => async (connection) => {
    const { body } = await connection.create('/api/orders', newOrder(index));
    ids.push(/"orderId":"([^"]+)"/.exec(body)?.[1] ?? '');
  });
  return ids;
};

/** Each order has as many followers as any other. All have its state when this is done. */
const openStreams = async (url: string, ids: readonly string[]): Promise<readonly Follower[]> => {
  const { hostname, port } = new URL(url);
  const followers: Follower[] = [];
  while (followers.length < streams) {
    const wave = Array.from(
      { length: openedAtOnce },
      (_, index) =>
        new Follower(connect(Number(port), hostname), ids[(followers.length + index) % ids.length] ?? ''),
    );
    followers.push(...wave);
    await all(wave, ({ last, failure }) => last !== '' || failure !== undefined);
  }
  return followers;
};

/**
 * Every order in two parts, at a steady rate, whether or not the earlier ones are answered.
 * @returns from the answer of each command to the update of each follower, and how many updates did not come
 */
const refund = async (
  url: string,
  ids: readonly string[],
  followers: readonly Follower[],
): Promise<{ readonly ms: readonly number[]; readonly missed: number }> => {
  const answered = new Map<string, number>();
  const idle: Connection[] = [];
  const start = performance.now();
  const commands = [
    ...ids.map((id) => ({ id, amount: part, status: 'partially_refunded' })),
    ...ids.map((id) => ({ id, amount: rest, status: 'refunded' })),
  ];
  const sent: Promise<void>[] = [];
  for (const [index, { id, amount, status }] of commands.entries()) {
    const early = start + (index * 1_000) / commandsPerSecond - performance.now();
    if (early > 0) await delay(early);
    const give = async (): Promise<void> => {
      const connection = idle.pop() ?? (await Connection.open(url));
      await connection.create(`/api/payments/pay-${id}/refunds`, { amount });
      answered.set(`${id} ${status}`, performance.now());
      idle.push(connection);
    };
    sent.push(give());
  }
  await Promise.all(sent);
  for (const connection of idle) connection.close();
  await all(followers, ({ seen }) => seen.has('refunded'));
  const ms = followers.flatMap(({ orderId, seen }) =>
    ['partially_refunded', 'refunded'].map((status) => {
      const received = seen.get(status) ?? NaN;
      // The answer may be the later of the two.
      return Math.max(0, received - (answered.get(`${orderId} ${status}`) ?? NaN));
    }),
  );
  const came = ms.filter((each) => !Number.isNaN(each));
  return { ms: came, missed: ms.length - came.length };
};

/** What the order's own query answers. */
const shownBy = async (
  connections: readonly Connection[],
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const shown = new Map<string, string>();
  await sendAll(connections, ids.length, (index) => async (connection) => {
    const id = ids[index] ?? '';
    shown.set(id, (await connection.get(`/api/orders/${id}`)).body);
  });
  return shown;
};

/** Resolves when the condition holds for all of them, or when that takes too long: what is missing shows in the figures. */
const all = async (
  followers: readonly Follower[],
  condition: (follower: Follower) => boolean,
): Promise<void> => {
  const deadline = performance.now() + patienceMs;
  while (!followers.every(condition) && performance.now() < deadline) await delay(5);
};
