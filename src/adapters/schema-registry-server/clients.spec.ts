import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// Not the package's index, which loads the SDKs of three clouds.
import { RestError } from '@confluentinc/schemaregistry/dist/rest-error.js';
import {
  Compatibility,
  SchemaRegistryClient,
} from '@confluentinc/schemaregistry/dist/schemaregistry-client.js';
import { AvroDeserializer, AvroSerializer } from '@confluentinc/schemaregistry/dist/serde/avro.js';
import { SerdeType } from '@confluentinc/schemaregistry/dist/serde/serde.js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import avro from 'avsc';
import { openEmbedded } from '../embedded/index.js';
import { type RegistryServer, serveRegistry } from './serve-registry.js';

const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

const money = {
  schemaType: 'AVRO',
  schema: JSON.stringify({
    ...{ type: 'record', name: 'Money', namespace: 'shop' },
    fields: [
      { name: 'amountMinor', type: 'long' },
      { name: 'currency', type: 'string' },
    ],
  }),
};
const orderFields = [
  { name: 'id', type: 'string' },
  { name: 'total', type: 'Money' },
];
const order = {
  schemaType: 'AVRO',
  schema: JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', fields: orderFields }),
  references: [{ name: 'shop.Money', subject: 'money', version: 1 }],
};
const orderWithNote = {
  ...order,
  schema: JSON.stringify({
    ...{ type: 'record', name: 'Order', namespace: 'shop' },
    fields: [...orderFields, { name: 'note', type: ['null', 'string'], default: null }],
  }),
};
const placed = { id: 'o-1', total: { amountMinor: 1_999, currency: 'EUR' } };

describe("Confluent's client for JavaScript", () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  let server: RegistryServer;
  let client: SchemaRegistryClient;

  const connect = () => new SchemaRegistryClient({ baseURLs: [server.url], maxRetries: 0 });

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'registry-clients-'));
    engine = openEmbedded({ dataDir });
    server = await serveRegistry(engine.schemaRegistry, { host: '127.0.0.1', port: 0, logger });
    client = connect();
  });
  afterEach(async () => {
    await server.close();
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  it('registers, and reads what it registered', async () => {
    expect(await client.register('money', money)).toBe(1);
    expect(await client.register('orders-value', order)).toBe(2);
    expect(await connect().register('other', order)).toBe(2);
    const fresh = connect();
    expect(await fresh.getId('orders-value', order)).toBe(2);
    expect(await fresh.getVersion('orders-value', order)).toBe(1);
    expect(await fresh.getBySubjectAndId('orders-value', 2)).toEqual({
      schema: order.schema,
      references: order.references,
    });
    const latest = { subject: 'orders-value', version: 1, id: 2, schema: order.schema };
    expect(await fresh.getLatestSchemaMetadata('orders-value')).toEqual({
      ...latest,
      references: order.references,
    });
    expect(await fresh.getSchemaMetadata('orders-value', 1)).toMatchObject(latest);
    expect(await fresh.getAllVersions('orders-value')).toEqual([1]);
    expect(await fresh.getAllSubjects()).toEqual(['money', 'orders-value', 'other']);
  });

  it('is told of incompatible schemas and of levels', async () => {
    await client.register('money', money);
    await client.register('orders-value', order);
    expect(await client.testSubjectCompatibility('orders-value', orderWithNote)).toBe(true);
    expect(await client.testCompatibility('orders-value', 1, money)).toBe(false);
    const refused: unknown = await client.register('orders-value', money).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RestError);
    expect(refused).toMatchObject({ status: 409, errorCode: 409 });
    expect(await client.getDefaultCompatibility()).toBe(Compatibility.FULL_TRANSITIVE);
    expect(await client.updateDefaultCompatibility(Compatibility.BACKWARD)).toBe(Compatibility.BACKWARD);
    expect(await client.updateCompatibility('orders-value', Compatibility.NONE)).toBe(Compatibility.NONE);
    expect(await client.getCompatibility('orders-value')).toBe(Compatibility.NONE);
    expect(await client.register('orders-value', money)).toBe(1);
  });

  it('deletes', async () => {
    await client.register('money', money);
    await client.register('orders-value', order);
    await expect(client.deleteSubject('money')).rejects.toMatchObject({ errorCode: 42206 });
    expect(await client.deleteSubjectVersion('orders-value', 1)).toBe(1);
    expect(await client.deleteSubjectVersion('orders-value', 1, true)).toBe(1);
    expect(await client.deleteSubject('money')).toEqual([1]);
    expect(await client.deleteSubject('money', true)).toEqual([1]);
    await expect(connect().getBySubjectAndId('money', 1)).rejects.toMatchObject({
      status: 404,
      errorCode: 40403,
    });
  });

  it('serialises with references, and deserialises on the other side', async () => {
    await client.register('money', money);
    await client.register('orders-value', order);
    const serializer = new AvroSerializer(client, SerdeType.VALUE, { useLatestVersion: true });
    const bytes = await serializer.serialize('orders', placed);
    expect([...bytes.subarray(0, 5)]).toEqual([0, 0, 0, 0, 2]);
    const deserializer = new AvroDeserializer(connect(), SerdeType.VALUE, {});
    expect({ ...(await deserializer.deserialize('orders', bytes)) }).toEqual(placed);
    // A reader that knows the registry and Avro only.
    const answer = await fetch(`${server.url}/schemas/ids/${bytes.readInt32BE(1)}/schema?format=resolved`);
    const type = avro.Type.forSchema((await answer.json()) as avro.Schema);
    expect(JSON.parse(type.toString(type.fromBuffer(bytes.subarray(5))))).toEqual(placed);
  });

  it('reads old data with the new schema', async () => {
    await client.register('money', money);
    await client.register('orders-value', order);
    const serializer = new AvroSerializer(client, SerdeType.VALUE, { useLatestVersion: true });
    const bytes = await serializer.serialize('orders', placed);
    await client.register('orders-value', orderWithNote);
    const newer = new AvroDeserializer(connect(), SerdeType.VALUE, { useLatestVersion: true });
    expect({ ...(await newer.deserialize('orders', bytes)) }).toEqual({ ...placed, note: null });
  });

  it('registers by itself what it serialises', async () => {
    const serializer = new AvroSerializer(client, SerdeType.VALUE, {
      autoRegisterSchemas: true,
      normalizeSchemas: true,
    });
    const bytes = await serializer.serialize('greetings', 'hello');
    expect(bytes.readInt32BE(1)).toBe(1);
    expect(await engine.schemaRegistry.latest('greetings-value')).toMatchObject({ schema: '"string"' });
  });
});
