import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Lease, LeaseLost } from '../../ports/leases.js';
import { StorageUnavailable } from '../../ports/storage.js';
import { type View, ViewDropped } from '../../ports/views.js';
import { eventually } from '../../testing/eventually.js';
import { positionAt } from '../../testing/sample-positions.js';
import { MongoCheckpoints } from './checkpoints.js';
import { MongoLeases } from './leases.js';
import { type Interception, Proxy } from './testing/proxy.js';
import { mongoSite, mongoUrl } from './testing/site.js';
import { DocumentTooLarge, MongoViews } from './views.js';

interface Doc {
  readonly n: number;
}

const definition = { name: 'orders_v1_g1', indexes: [['n']] };

const put = (id: string, n: number) => ({ id, position: positionAt(n), doc: { n } });
const removed = (id: string, n: number) => ({ id, position: positionAt(n), doc: null });

/** Of documents. */
const write = (request: Buffer): boolean =>
  request.includes('\u0002update\0') && request.includes('view_orders');
const lostWrite: Interception = { how: 'lose', concerns: write };
const heldWrite: Interception = { how: 'hold', concerns: write };
/** Of anything: documents, checkpoints, leases. */
const lostUpdate: Interception = {
  how: 'lose',
  concerns: (request) => request.includes('\u0002update\0') || request.includes('\u0002findAndModify\0'),
};

describe('Views in MongoDB', () => {
  const logged: string[] = [];
  const log = (_: object, message: string): void => void logged.push(message);
  let proxy: Proxy;
  let site: ReturnType<typeof mongoSite>;
  let behind: ReturnType<typeof site.another>;
  let view: View<Doc>;
  /** Through the proxy. */
  let troubled: View<Doc>;

  beforeEach(async () => {
    logged.splice(0);
    site = mongoSite();
    proxy = await Proxy.before(mongoUrl());
    behind = site.another(proxy.url(mongoUrl()), { debug: log, info: log, warn: log, error: log });
    view = new MongoViews(site.databases).open<Doc>(definition);
    troubled = new MongoViews(behind).open<Doc>(definition);
    await troubled.checkpoint();
  });

  afterEach(async () => {
    await site.dispose();
    await proxy.stop();
  });

  const content = async (of = view) => ({
    items: (await of.find({ limit: 99 })).items,
    checkpoint: await of.checkpoint(),
  });

  const lease = async (owner: string): Promise<Lease> => {
    const acquired = await new MongoLeases(site.databases).acquire('projection:orders', owner, 60_000);
    if (acquired === undefined) throw new Error('Somebody else holds the lease.');
    return acquired;
  };

  const passOn = async (from: Lease): Promise<Lease> => {
    await new MongoLeases(site.databases).release(from);
    return lease('the next');
  };

  const collections = async (): Promise<number> =>
    (
      await site.databases
        .of('orders')
        .listCollections({ name: { $regex: '^view_' } })
        .toArray()
    ).length;

  it('are written though an answer is lost', async () => {
    proxy.intercept(lostWrite);
    await troubled.write([put('a', 1), put('b', 1)], positionAt(1));
    expect(await content()).toStrictEqual({ items: [put('a', 1), put('b', 1)], checkpoint: positionAt(1) });
  });

  it('are the same when a write of which nobody knows is repeated', async () => {
    await troubled.write([put('a', 1), put('b', 1), put('c', 1)], positionAt(1));
    const changes = [put('a', 2), removed('b', 2), put('d', 2)];
    const repeat = () => troubled.write(changes, positionAt(2));
    const expected = [put('a', 2), put('c', 1), put('d', 2)];
    // The driver tries twice.
    proxy.intercept(lostWrite, lostWrite);
    await expect(repeat()).rejects.toThrow(StorageUnavailable);
    expect(await content()).toStrictEqual({ items: expected, checkpoint: positionAt(1) });
    await repeat();
    expect(await content()).toStrictEqual({ items: expected, checkpoint: positionAt(2) });
    await repeat();
    expect(await content()).toStrictEqual({ items: expected, checkpoint: positionAt(2) });
  });

  it('go on by themselves, and say so, when the server was away', async () => {
    await troubled.write([put('a', 1)], positionAt(1));
    await proxy.stop();
    await expect(troubled.get('a')).rejects.toThrow(StorageUnavailable);
    await expect(troubled.write([put('a', 2)], positionAt(2))).rejects.toThrow(StorageUnavailable);
    await proxy.start();
    await eventually('the view can be written', () =>
      troubled.write([put('a', 2)], positionAt(2)).then(
        () => true,
        () => false,
      ),
    );
    expect(await content(troubled)).toStrictEqual({ items: [put('a', 2)], checkpoint: positionAt(2) });
    expect(logged.filter((message) => !message.includes('given up'))).toStrictEqual([
      'MongoDB is connected',
      'MongoDB has no primary; tried again',
      'MongoDB is connected',
    ]);
  });

  it('are not changed by a writer that stood still while its lease passed on', async () => {
    const old = await lease('the former');
    await troubled.write([put('a', 1), put('b', 1), put('c', 1)], positionAt(1), old);
    proxy.intercept(heldWrite);
    const late = troubled.write([put('a', 2), put('b', 2), put('d', 2)], positionAt(2), old);
    await eventually('the write is under way', () => proxy.holding === 1);
    const current = await passOn(old);
    await view.write([put('a', 3), removed('b', 3), removed('d', 3)], positionAt(3), current);
    proxy.release();
    await expect(late).rejects.toThrow(LeaseLost);
    expect(await content()).toStrictEqual({ items: [put('a', 3), put('c', 1)], checkpoint: positionAt(3) });
    await expect(troubled.write([put('e', 4)], null, old)).rejects.toThrow(LeaseLost);
    expect(await view.get('e')).toBeUndefined();
  });

  it('are not changed by a writer of one that was dropped meanwhile', async () => {
    proxy.intercept(heldWrite);
    const late = troubled.write([put('a', 9), put('b', 9)], positionAt(9));
    await eventually('the write is under way', () => proxy.holding === 1);
    const views = new MongoViews(site.databases);
    await views.drop(definition.name);
    const again = views.open<Doc>(definition);
    await again.write([put('a', 1)], positionAt(1));
    proxy.release();
    await expect(late).rejects.toThrow(ViewDropped);
    expect(await content(again)).toStrictEqual({ items: [put('a', 1)], checkpoint: positionAt(1) });
    expect(await views.names()).toStrictEqual([definition.name]);
    // What it wrote goes with the next drop.
    await views.drop('other');
    expect(await collections()).toBe(1);
    expect(await content(again)).toStrictEqual({ items: [put('a', 1)], checkpoint: positionAt(1) });
    await views.drop(definition.name);
    expect(await collections()).toBe(0);
  });

  it('take a newer document that another writer was the first to put there', async () => {
    await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        (n % 2 === 0 ? view : troubled).write([put(`${n % 3}`, n + 1)], null),
      ),
    );
    expect((await content()).items).toStrictEqual([put('0', 58), put('1', 59), put('2', 60)]);
  });

  it('say which document is too large', async () => {
    const doc = { n: 1, text: 'x'.repeat(17 * 1024 * 1024) };
    const large = { id: 'large', position: positionAt(1), doc };
    await expect(view.write([put('a', 1), large], positionAt(1))).rejects.toThrow(
      new DocumentTooLarge(definition.name, 'large', doc.text.length + 23),
    );
    expect(await view.checkpoint()).toBeUndefined();
  });

  it('have checkpoints and leases that are the same when their saving is repeated', async () => {
    const checkpoints = new MongoCheckpoints(behind);
    const leases = new MongoLeases(behind);
    proxy.intercept(lostUpdate, lostUpdate);
    await expect(leases.acquire('job', 'ann', 60_000)).rejects.toThrow(StorageUnavailable);
    const acquired = await leases.acquire('job', 'ann', 60_000);
    expect(await new MongoLeases(site.databases).held('job')).toStrictEqual([acquired]);
    proxy.intercept(lostUpdate, lostUpdate);
    await expect(checkpoints.save('reader', positionAt(3), acquired)).rejects.toThrow(StorageUnavailable);
    await checkpoints.save('reader', positionAt(3), acquired);
    expect(await checkpoints.load('reader')).toBe(positionAt(3));
  });
});
