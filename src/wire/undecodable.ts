/** A message that no second attempt decodes: its bytes or its headers are not what the topics carry. */
export abstract class Undecodable extends Error {}

export class NotConfluentFormat extends Undecodable {
  override readonly name = 'NotConfluentFormat';

  constructor(what: string) {
    super(`Not in Confluent's wire format (byte 0, schema id in 4 bytes, Avro): ${what}.`);
  }
}

export class UnknownSchemaId extends Undecodable {
  override readonly name = 'UnknownSchemaId';

  constructor(readonly schemaId: number) {
    super(`The schema registry has no schema ${schemaId}: the message was written with another registry.`);
  }
}

/** What was written with the schema cannot be read with today's. */
export class UnresolvableSchema extends Undecodable {
  override readonly name = 'UnresolvableSchema';

  constructor(
    readonly schemaId: number,
    recordName: string,
    reason: string,
    cause?: unknown,
  ) {
    super(`Schema ${schemaId} (${recordName}) cannot be read: ${reason}.`, { cause });
  }
}

export class UnreadableRecord extends Undecodable {
  override readonly name = 'UnreadableRecord';

  constructor(
    readonly schemaId: number,
    readonly recordName: string,
    reason: string,
    cause: unknown,
  ) {
    super(`The bytes are no ${recordName} of schema ${schemaId}: ${reason}.`, { cause });
  }
}

/** The message is decoded, but no event that this program knows is of that record. */
export class UnknownRecord extends Undecodable {
  override readonly name = 'UnknownRecord';

  constructor(readonly recordName: string) {
    super(`${recordName} is not a record that this program knows. Deploy one that does.`);
  }
}

export class BadHeader extends Undecodable {
  override readonly name = 'BadHeader';

  constructor(
    readonly header: string,
    problem: string,
  ) {
    super(`The header ${header} ${problem}.`);
  }
}
