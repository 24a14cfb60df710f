import { z } from 'zod';
import { samples } from '../../src/cli/schemas/examples.js';
import { type Position } from '../../src/kernel/envelope.js';
import { type NewMessage } from '../../src/ports/message-log.js';
import { type Schema } from '../../src/schemas/model.js';
import { publicTypes } from '../../src/wire/avro.js';
import { type Encoder } from '../../src/wire/encoder.js';
import { recordNames } from '../../src/wire/events.generated.js';
import { writeHeaders } from '../../src/wire/headers.js';
import { type PublicRecord } from '../../src/wire/public-record.js';
import { topicOf } from '../../src/wire/subjects.js';
import { publicSchemaOf } from '../../src/wire/testing/arbitrary-record.js';

/** A line of consume.py. */
export const lineSchema = z.object({
  topic: z.string(),
  key: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  record: z.record(z.string(), z.unknown()),
});

export type Line = z.infer<typeof lineSchema>;

export interface Sample {
  readonly message: NewMessage;
  readonly line: Line;
}

/** Messages of every event type, which between them take every optional branch and go to the limits of every type. */
export const samplesOf = (encoder: Encoder, prefix: string): readonly Sample[] =>
  publicTypes.flatMap((type) => {
    const schema = publicSchemaOf(type);
    return samples(schema).map((sample, nth): Sample => {
      const record = withInstants(schema, sample, ofPython);
      const topic = topicOf(recordNames[type]);
      const key = `${type}-${nth}`;
      const event = {
        ...{ id: `event of ${key}`, type, version: 1, stream: key, revision: 0, position: '1' as Position },
        metadata: {
          ...{ correlationId: 'cörrelation', causationId: 'cause', commandId: 'command', actor: 'spec' },
          occurredAt: '2026-01-02T03:04:05.678Z',
        },
      };
      const headers = writeHeaders(event, recordNames[type]);
      const value = encoder.encode({ type, record } as PublicRecord);
      return {
        message: { topic, key: Buffer.from(key), value, headers },
        line: {
          topic: prefix + topic,
          key,
          headers: headers.map(([name, text]) => [name, text.toString()]),
          record: lineSchema.shape.record.parse(withInstants(schema, record, toText)),
        },
      };
    });
  });

/** The limits of JavaScript's dates are beyond those of Python's, which are from year 1 to 9999. */
const ofPython = (instant: number): number =>
  Math.min(Math.max(instant, Date.parse('0001-01-01T00:00:00.000Z')), Date.parse('9999-12-31T23:59:59.999Z'));

const toText = (instant: number): string => new Date(instant).toISOString();

/** The value with something else in place of each instant. */
const withInstants = (schema: Schema, value: unknown, change: (instant: number) => unknown): unknown => {
  switch (schema.type) {
    case 'record': {
      const fields = z.record(z.string(), z.unknown()).parse(value);
      return Object.fromEntries(
        schema.fields.map(({ name, schema: inner }) => [name, withInstants(inner, fields[name], change)]),
      );
    }
    case 'array':
      return z
        .array(z.unknown())
        .parse(value)
        .map((item) => withInstants(schema.items, item, change));
    case 'union': {
      const branch = schema.branches.find(({ type }) => (type === 'null') === (value === null));
      return branch && withInstants(branch, value, change);
    }
    case 'long':
      return schema.logical?.name === 'timestamp-millis' ? change(z.number().parse(value)) : value;
    default:
      return value;
  }
};
