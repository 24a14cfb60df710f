/** An Avro schema as a registry keeps it: its text, and the subjects whose schemas it refers to by name. */
export interface SchemaText {
  readonly schema: string;
  readonly references?: readonly SchemaReference[];
}

export interface SchemaReference {
  /** The full name of the type that is referred to. */
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

export interface RegisteredSchema extends SchemaText {
  readonly subject: string;
  /** From 1. */
  readonly version: number;
  /** The same for the same schema, whatever the subject. */
  readonly id: number;
}

/** What is published under which schema, and what may follow it (Confluent's registry and those like it). */
export interface SchemaRegistry {
  /**
   * The same schema again is answered as the first time.
   * @throws SchemaIncompatible when the subject's mode does not allow it; nothing was registered.
   * @throws SchemaInvalid
   * @throws RegistryRefusal when the registry takes nothing now, or not under this name.
   */
  register(subject: string, schema: SchemaText): Promise<RegisteredSchema>;
  /** undefined when this subject has no such schema. */
  lookup(subject: string, schema: SchemaText): Promise<RegisteredSchema | undefined>;
  byId(id: number): Promise<SchemaText | undefined>;
  latest(subject: string): Promise<RegisteredSchema | undefined>;
  versions(subject: string): Promise<readonly RegisteredSchema[]>;
  subjects(): Promise<readonly string[]>;
  /** @throws RegistryRefusal for a mode that there is not. */
  setMode(subject: string, compatibility: string): Promise<void>;
  /**
   * Sentences that say why the schema may not follow; empty when it may.
   * @throws SchemaInvalid
   */
  incompatibilities(subject: string, schema: SchemaText): Promise<readonly string[]>;
}

export class SchemaIncompatible extends Error {
  constructor(
    readonly subject: string,
    readonly reasons: readonly string[],
  ) {
    super(`The schema may not follow those of ${subject}: ${reasons.join('; ')}`);
    this.name = 'SchemaIncompatible';
  }
}

export class SchemaInvalid extends Error {
  constructor(
    readonly subject: string,
    readonly reason: string,
  ) {
    super(`Not a valid Avro schema for ${subject}: ${reason}`);
    this.name = 'SchemaInvalid';
  }
}

/** What a registry does not do for another reason. */
export class RegistryRefusal extends Error {
  constructor(
    /** Confluent's, such as 42205. */
    readonly errorCode: number,
    message: string,
  ) {
    super(message);
    this.name = 'RegistryRefusal';
  }
}

/** The registry does not answer, or says that it cannot. Trying again is safe. */
export class RegistryUnavailable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'RegistryUnavailable';
  }
}
