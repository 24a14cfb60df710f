import { type Consumed } from '../consumers/consumer.js';
import { type Message } from '../ports/message-log.js';
import { type SchemaRegistry, type SchemaText } from '../ports/schema-registry.js';
import { type AvroType, avroType, publicAvroType, publicTypes, findUnsafeLong } from './avro.js';
import { unframe } from './confluent-format.js';
import { UnsafeLong } from './exact-long.js';
import { headerNames, readEnvelope } from './headers.js';
import { type PublicType } from './public-record.js';
import { publicSchemas } from './schemas.generated.js';
import {
  BadHeader,
  UnknownRecord,
  UnknownSchemaId,
  UnreadableRecord,
  UnresolvableSchema,
} from './undecodable.js';

/** A value from a topic. */
export interface Decoded {
  readonly schemaId: number;
  /** Full name of the record that was written. */
  readonly recordName: string;
  /** The event, if this program knows it: the record is then as today's schema has it, else as it was written. */
  readonly type: PublicType | undefined;
  readonly record: unknown;
}

interface Reader {
  readonly recordName: string;
  readonly type: PublicType | undefined;
  read(body: Buffer): unknown;
}

/** Reads what was written with any schema that the registry knows. Schemas are fetched once each. */
export class Decoder {
  readonly #readers = new Map<number, Promise<Reader>>();

  constructor(private readonly registry: SchemaRegistry) {}

  /** @throws Undecodable when it never can be; whatever the registry throws when it cannot be asked. */
  async decode(value: Buffer | null): Promise<Decoded> {
    const { schemaId, body } = unframe(value);
    const reader = await this.#reader(schemaId);
    const { recordName, type } = reader;
    return { schemaId, recordName, type, record: reader.read(body) };
  }

  /** The event that the message carries. @throws as `decode` does. */
  async decodeMessage(message: Pick<Message, 'value' | 'headers'>): Promise<Consumed> {
    const { recordName, type, record } = await this.decode(message.value);
    if (type === undefined) throw new UnknownRecord(recordName);
    const { version: _, ...envelope } = readEnvelope(message.headers);
    if (envelope.type !== type) {
      throw new BadHeader(headerNames.eventType, `says ${envelope.type}, the record is ${recordName}`);
    }
    // The one trusted cast of the reading side: the record was read with the schema that the type is generated from.
    return { ...envelope, type, data: record } as Consumed;
  }

  #reader(schemaId: number): Promise<Reader> {
    const known = this.#readers.get(schemaId);
    if (known) return known;
    const made = this.#fetch(schemaId);
    this.#readers.set(schemaId, made);
    // What failed is asked for again by the next message.
    made.catch(() => this.#readers.delete(schemaId));
    return made;
  }

  async #fetch(schemaId: number): Promise<Reader> {
    const text = await this.registry.byId(schemaId);
    if (!text) throw new UnknownSchemaId(schemaId);
    const known = await this.#referredTo(text, schemaId);
    return readerOf(schemaId, text, known);
  }

  /** The types that the schema refers to, with those that they refer to. */
  async #referredTo({ references = [] }: SchemaText, schemaId: number): Promise<Record<string, AvroType>> {
    const known: Record<string, AvroType> = {};
    for (const { name, subject, version } of references) {
      const found = (await this.registry.versions(subject)).find((each) => each.version === version);
      if (!found) {
        throw new UnresolvableSchema(
          schemaId,
          name,
          `version ${version} of ${subject} is not in the registry`,
        );
      }
      Object.assign(known, await this.#referredTo(found, schemaId));
      known[name] ??= avroType(JSON.parse(found.schema), known);
    }
    return known;
  }
}

const readerOf = (schemaId: number, text: SchemaText, known: Record<string, AvroType>): Reader => {
  const schema = attempt((): unknown => JSON.parse(text.schema), schemaId, 'no JSON');
  const writer = attempt(() => avroType(schema, known), schemaId, 'no schema');
  const recordName = writer.name ?? writer.typeName;
  const type = publicTypes.find((each) => isReadBy(publicAvroType(each), recordName));
  // A namespace may have changed (docs/schema-compatibility.md): as in Java Avro, names match without it.
  const options = { ignoreNamespaces: true };
  const today = type && publicAvroType(type);
  const isToday = type && publicSchemas[type].schema === text.schema;
  const resolver =
    today && !isToday
      ? attempt(() => today.createResolver(writer, options), schemaId, recordName)
      : undefined;
  const read = (body: Buffer): unknown => (today ?? writer).fromBuffer(body, resolver);
  return {
    recordName,
    type,
    read(body) {
      try {
        return read(body);
      } catch (error) {
        const reason = reasonFor(error, () => findUnsafeLong(schema, known, body));
        throw new UnreadableRecord(schemaId, recordName, reason, error);
      }
    },
  };
};

const isReadBy = (reader: AvroType, recordName: string): boolean =>
  reader.name === recordName || (reader.aliases ?? []).includes(recordName);

const attempt = <Result>(action: () => Result, schemaId: number, recordName: string): Result => {
  try {
    return action();
  } catch (error) {
    throw new UnresolvableSchema(schemaId, recordName, messageOf(error), error);
  }
};

const reasonFor = (error: unknown, find: () => string | undefined): string => {
  if (!(error instanceof UnsafeLong)) return messageOf(error);
  return `${find() ?? 'a long'}, beyond what a number can hold exactly`;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
