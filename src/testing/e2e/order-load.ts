import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import * as contract from '../../http/contract.js';
import { read, type Reply } from './http-client.js';
import { type Shop } from './shop.js';

const clientCount = 4;
/** Between two orders of a client, so that the load is what the machine can take with much to spare. */
const thinkMs = 100;
const againMs = 200;
/** Longer than any engine is away. */
const patienceMs = 90_000;

/** Clients that order without end. One whose order is refused for now, or not answered, sends it again with its key. */
export class OrderLoad {
  /** Ids of the orders that were acknowledged. */
  readonly acknowledged: string[] = [];
  /** Answers that were neither an order nor "not now". */
  readonly unexpected: Reply[] = [];
  private over = false;
  private readonly clients: Promise<unknown>;

  constructor(
    private readonly shop: Shop,
    private readonly sku: string,
  ) {
    this.clients = Promise.all(Array.from({ length: clientCount }, () => this.client()));
    // It is told at the end.
    this.clients.catch(() => undefined);
  }

  /** Resolves when every order that was begun has been acknowledged. */
  async end(): Promise<void> {
    this.over = true;
    await this.clients;
  }

  private async client(): Promise<void> {
    while (!this.over) {
      await this.order(randomUUID());
      await pause(thinkMs);
    }
  }

  private async order(key: string): Promise<void> {
    for (const deadline = Date.now() + patienceMs; ;) {
      if (Date.now() > deadline) throw new Error(`The order ${key} was not taken for ${patienceMs} ms.`);
      const reply = await this.shop.send({ [this.sku]: 1 }, {}, key).catch(() => undefined);
      if (reply?.status === 201) {
        this.acknowledged.push(read(contract.order, reply, 201).orderId);
        return;
      }
      if (reply !== undefined && reply.status !== 503) this.unexpected.push(reply);
      await pause(againMs);
    }
  }
}
