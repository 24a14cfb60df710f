import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { type Engines } from '../../app/engines/index.js';
import { type Position } from '../../kernel/envelope.js';
import { publicTypes } from '../../wire/avro.js';
import { recordNames } from '../../wire/events.generated.js';
import { registerSchemas } from '../../wire/registration.js';
import { publicSchemas } from '../../wire/schemas.generated.js';
import { subjectOf } from '../../wire/subjects.js';
import { type Figures, rateOf } from '../measure.js';
import { stockReceived, writers } from '../raw-append.bench.js';

const documentsAtOnce = 512;
const views = 16;
const lookupsAtOnce = 16;

/** What an engine takes of what the program asks of it, one kind after the other. */
export const limits = async (
  engines: Engines,
  url: string | undefined,
  seconds: number,
): Promise<Figures> => ({
  ...(await viewWrites(engines, seconds)),
  ...(await registryLookups(engines, seconds)),
  ...(url === undefined ? {} : await appends(engines, url, seconds)),
});

/** A position for each write, as they are handed out by an event store. */
const positions = (): (() => Position) => {
  let last = 0;
  return () => String((last += 1)).padStart(20, '0') as Position;
};

const viewWrites = async ({ views: storages, leases }: Engines, seconds: number): Promise<Figures> => {
  const next = positions();
  const doc = {
    status: 'confirmed',
    lines: [{ sku: 'SKU-123', quantity: 2, name: 'Stoneware mug' }],
    total: 3_998,
  };
  const lease = await leases.acquire('bench_writes', 'bench', 600_000);
  const open = (name: string) => storages.open<typeof doc>({ name: `bench_writes_${name}`, indexes: [] });
  const many = open('many');
  const changes = (count: number) =>
    Array.from({ length: count }, () => ({ id: randomUUID(), position: next(), doc }));
  const write = async (view: typeof many, count: number): Promise<void> => {
    const written = changes(count);
    await view.write(written, written.at(-1)?.position ?? null, lease);
  };
  const viewWrites = documentsAtOnce * (await rateOf(1, seconds, () => write(many, documentsAtOnce)));
  const alone = Array.from({ length: views }, (_, index) => open(String(index)));
  let turn = 0;
  const viewWritesAlone = await rateOf(views, seconds, () => {
    const view = alone[(turn += 1) % views];
    return view === undefined ? Promise.resolve() : write(view, 1);
  });
  return { viewWrites, viewWritesAlone };
};

const registryLookups = async ({ schemaRegistry }: Engines, seconds: number): Promise<Figures> => {
  await registerSchemas(schemaRegistry);
  let turn = 0;
  const lookUp = async (): Promise<void> => {
    const type = publicTypes[(turn += 1) % publicTypes.length];
    if (type === undefined) return;
    const { schema } = publicSchemas[type];
    const found = await schemaRegistry.lookup(subjectOf(recordNames[type]), { schema });
    if (found === undefined) throw new Error(`The schema of ${type} is not registered.`);
  };
  return { registryLookups: await rateOf(lookupsAtOnce, seconds, lookUp) };
};

/** Single events on new streams. */
const appends = async ({ eventStore }: Engines, url: string, seconds: number): Promise<Figures> => {
  const client = EventStoreDBClient.connectionString(url);
  const eventStoreRawAppends = await rateOf(writers, seconds, () => {
    const { id, type, data, metadata } = stockReceived('SKU-123');
    const event = jsonEvent({ id, type, data: { ...data }, metadata: { ...metadata } });
    return client.appendToStream(`bench-${id}`, event, { expectedRevision: NO_STREAM });
  });
  await client.dispose();
  const eventStoreAppends = await rateOf(writers, seconds, () => {
    const event = stockReceived('SKU-123');
    return eventStore.append(`inventory-${event.id}`, 'absent', [event]);
  });
  return { eventStoreRawAppends, eventStoreAppends };
};
