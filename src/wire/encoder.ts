import { inspect } from 'node:util';
import { type SchemaRegistry } from '../ports/schema-registry.js';
import { type AvroType, publicAvroType, publicTypes } from './avro.js';
import { headerLength, writeHeader } from './confluent-format.js';
import { recordNames } from './events.generated.js';
import { type PublicRecord, type PublicType } from './public-record.js';
import { publicSchemas } from './schemas.generated.js';
import { subjectOf } from './subjects.js';

export class SchemaNotRegistered extends Error {
  override readonly name = 'SchemaNotRegistered';

  constructor(readonly subjects: readonly string[]) {
    super(
      `The schema registry does not have this program's schema of ${subjects.join(', ')}. ` +
        'Register it: npm run schemas -- register',
    );
  }
}

/** The record does not fit its schema. */
export class Unencodable extends Error {
  override readonly name = 'Unencodable';

  constructor(
    readonly type: PublicType,
    reason: string,
    cause: unknown,
  ) {
    super(`${type} cannot be encoded: ${reason}.`, { cause });
  }
}

interface Ready {
  readonly type: AvroType;
  readonly schemaId: number;
}

/** Public records as bytes in Confluent's wire format, under the ids that the registry gave their schemas. */
export class Encoder {
  readonly #ready = new Map<PublicType, Ready>();
  #scratch = Buffer.allocUnsafe(4_096);

  constructor(private readonly registry: SchemaRegistry) {}

  /**
   * Asks the registry for the ids that are not known yet.
   * @throws SchemaNotRegistered
   */
  async prepare(types: readonly PublicType[] = publicTypes): Promise<void> {
    const missing: string[] = [];
    await Promise.all(
      types
        .filter((type) => !this.#ready.has(type))
        .map(async (type) => {
          const subject = subjectOf(recordNames[type]);
          const found = await this.registry.lookup(subject, { schema: publicSchemas[type].schema });
          if (found) this.#ready.set(type, { type: publicAvroType(type), schemaId: found.id });
          else missing.push(subject);
        }),
    );
    if (missing.length > 0) throw new SchemaNotRegistered(missing.sort());
  }

  /**
   * Needs `prepare` to have been there for the type.
   * @throws Unencodable
   */
  encode({ type, record }: PublicRecord): Buffer {
    const ready = this.#ready.get(type);
    if (!ready) throw new Error(`The encoder has not been prepared for ${type}.`);
    writeHeader(this.#scratch, ready.schemaId);
    const end = this.#write(ready.type, type, record);
    if (end > 0) return Buffer.from(this.#scratch.subarray(0, end));
    this.#scratch = Buffer.allocUnsafe(2 * (this.#scratch.length - end));
    return this.encode({ type, record } as PublicRecord);
  }

  /** @returns where the record ends, or how many bytes are missing as a negative number. */
  #write(avro: AvroType, type: PublicType, record: PublicRecord['record']): number {
    try {
      return avro.encode(record, this.#scratch, headerLength);
    } catch (error) {
      throw new Unencodable(type, whatIsWrong(avro, record) ?? String(error), error);
    }
  }
}

/** Names the field, which avsc does only when it is asked to validate. */
const whatIsWrong = (avro: AvroType, record: unknown): string | undefined => {
  let found: string | undefined;
  avro.isValid(record, {
    errorHook: (path, value, expected) => {
      found ??= `${path.join('.')} is ${inspect(value)}, not of type ${expected.toString()}`;
    },
  });
  return found;
};
