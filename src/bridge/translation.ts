import { type RecordedEvent } from '../kernel/envelope.js';
import { type Message, type NewMessage } from '../ports/message-log.js';
import { type SchemaRegistry } from '../ports/schema-registry.js';
import { type AvroType, avroType } from '../wire/avro.js';
import { unframe } from '../wire/confluent-format.js';
import { Encoder } from '../wire/encoder.js';
import { headerNames, readHeader, writeHeaders } from '../wire/headers.js';
import { type PublicEvent, toPublic } from './catalogue.js';
import { Unpublishable } from './unpublishable.js';

/** Stored events as messages: the catalogue says where to and what of them, the encoder writes it. */
export class Translation {
  private readonly encoder: Encoder;
  private readonly writers = new Map<number, AvroType>();

  constructor(private readonly registry: SchemaRegistry) {
    this.encoder = new Encoder(registry);
  }

  /** Before the first message. @throws SchemaNotRegistered */
  prepare(): Promise<void> {
    return this.encoder.prepare();
  }

  /** @throws Unpublishable */
  messageOf(event: RecordedEvent): NewMessage {
    try {
      const published = toPublic(event);
      const { topic, key, recordName } = published;
      const value = this.encoder.encode(published);
      return { topic, key, value, headers: writeHeaders(event, recordName) };
    } catch (error) {
      throw new Unpublishable(event, error);
    }
  }

  /** What is wrong with the record of the event; undefined when it is right. */
  async difference(event: RecordedEvent, message: Message): Promise<string | undefined> {
    const { topic, key, value, headers } = this.messageOf(event);
    if (message.topic !== topic) return `it is in ${message.topic}, not in ${topic}`;
    if (!same(message.key, key))
      return `its key is ${message.key?.toString() ?? 'missing'}, not ${event.stream}`;
    for (const name of identity) {
      const [is, should] = [readHeader(message.headers, name), readHeader(headers, name)];
      if (is !== should) return `its header ${name} is ${is ?? 'missing'}, not ${should ?? 'missing'}`;
    }
    if (same(message.value, value) || (await this.isOfOlderSchema(toPublic(event), message)))
      return undefined;
    return 'its value is not that of the event';
  }

  /** Written with another version of the schema, it must hold what that version has of the event. */
  private async isOfOlderSchema({ record }: PublicEvent, { value }: Message): Promise<boolean> {
    try {
      const { schemaId, body } = unframe(value);
      const writer = await this.writerOf(schemaId);
      return writer !== undefined && same(writer.toBuffer(record), body);
    } catch {
      // Whatever this is, it is not the event.
      return false;
    }
  }

  private async writerOf(schemaId: number): Promise<AvroType | undefined> {
    const known = this.writers.get(schemaId);
    if (known !== undefined) return known;
    const text = await this.registry.byId(schemaId);
    if (text === undefined) return undefined;
    const writer = avroType(JSON.parse(text.schema));
    this.writers.set(schemaId, writer);
    return writer;
  }
}

const identity = [
  headerNames.eventId,
  headerNames.eventType,
  headerNames.stream,
  headerNames.revision,
  headerNames.correlationId,
  headerNames.causationId,
] as const;

const same = (a: Buffer | null, b: Buffer | null): boolean =>
  a === null || b === null ? a === b : a.equals(b);
