import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { isForeign, isPassing, unavailable } from './errors.js';

const brokerClass = z.custom<new (options: object) => { metadata(): Promise<unknown> }>(
  (value) => typeof value === 'function',
);

describe('A broker of kafkajs that has not answered the first request of its connection', () => {
  it('is as good as gone: the connection is made anew', async () => {
    const require = createRequire(import.meta.url);
    const Broker = brokerClass.parse(require('kafkajs/src/broker'));
    const broker = new Broker({ connectionPool: {}, logger: { namespace: () => undefined } });
    const failure: unknown = await broker.metadata().catch((error: unknown) => error);
    expect([isPassing(failure), isForeign(failure)]).toEqual([true, true]);
    expect(unavailable(['b:9092'], failure).message).toBe(
      'Kafka at b:9092 cannot be used now: Broker not connected. It is overloaded or stands still: look at its load and its disk.',
    );
  });
});
