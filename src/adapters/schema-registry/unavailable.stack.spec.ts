import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RegistryUnavailable } from '../../ports/schema-registry.js';
import { OwnEngine } from '../../testing/own-engine.js';
import { publicTypes } from '../../wire/avro.js';
import { Decoder } from '../../wire/decoder.js';
import { Encoder, SchemaNotRegistered } from '../../wire/encoder.js';
import { recordNames } from '../../wire/events.generated.js';
import { type PublicRecord } from '../../wire/public-record.js';
import { registerSchemas, unregistered } from '../../wire/registration.js';
import { subjectOf } from '../../wire/subjects.js';
import { RemoteSchemaRegistry } from './remote-registry.js';

const refunded: PublicRecord = {
  type: 'PaymentRefunded',
  record: {
    paymentId: 'p1',
    orderId: 'o1',
    refundId: 'r1',
    amount: { amountMinor: 1_999, currency: 'EUR' },
    reason: null,
  },
};
const subjects = publicTypes.map((type) => subjectOf(recordNames[type]));

// One story, in order: each test goes on where the one before it ended.
describe('A real registry', () => {
  let engine: OwnEngine;
  let url: string;
  let registry: RemoteSchemaRegistry;
  let encoder: Encoder;
  let decoder: Decoder;

  const connect = () => new RemoteSchemaRegistry({ url, attempts: 2, pauseMs: 1, timeoutMs: 60_000 });

  beforeAll(async () => {
    engine = await OwnEngine.reserve('registry');
    url = engine.environment['SCHEMA_REGISTRY_URL'] ?? '';
    registry = connect();
    encoder = new Encoder(registry);
    decoder = new Decoder(registry);
  });

  afterAll(() => engine.dispose());

  const expectUnavailable = async (work: Promise<unknown>): Promise<void> => {
    const failure: unknown = await work.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RegistryUnavailable);
    expect(String(failure)).toMatch(/cannot be reached: .*ECONNREFUSED/);
    expect(String(failure)).toContain(url);
  };

  test('that is down at the start is said to be, with its address', async () => {
    await expectUnavailable(unregistered(registry));
    await expectUnavailable(encoder.prepare());
  });

  test('that comes up is asked again, and nothing is registered by the way', async () => {
    await engine.start();
    expect(await unregistered(registry)).toEqual(
      subjects.map((subject) => `${subject} is not registered: npm run schemas -- register`),
    );
    await expect(encoder.prepare()).rejects.toThrow(new SchemaNotRegistered([...subjects].sort()));
    expect(await registry.subjects()).toEqual([]);
  });

  test('has all schemas exactly after the step of the deployment, however often it is done', async () => {
    const registered = await registerSchemas(registry);
    expect(await registerSchemas(connect())).toEqual(registered);
    expect(await unregistered(registry)).toEqual([]);
    expect([...(await registry.subjects())].sort()).toEqual([...subjects].sort());
    await encoder.prepare();
    const { record } = await decoder.decode(encoder.encode(refunded));
    expect(record).toEqual(refunded.record);
  });

  test('that goes down later is not needed for what is known', async () => {
    await engine.kill();
    await encoder.prepare();
    const { record } = await decoder.decode(encoder.encode(refunded));
    expect(record).toEqual(refunded.record);
    // Another consumer of the same process.
    const { record: again } = await new Decoder(registry).decode(encoder.encode(refunded));
    expect(again).toEqual(refunded.record);
    await expectUnavailable(new Decoder(connect()).decode(encoder.encode(refunded)));
  });

  test('that is killed and comes back has kept everything, and what failed is asked for again', async () => {
    const late = new Decoder(connect());
    await expectUnavailable(late.decode(encoder.encode(refunded)));
    await engine.start();
    const { record } = await late.decode(encoder.encode(refunded));
    expect(record).toEqual(refunded.record);
    expect(await unregistered(connect())).toEqual([]);
  });
});
