import {
  type RegisteredSchema,
  SchemaIncompatible,
  type SchemaRegistry,
  type SchemaText,
} from '../../ports/schema-registry.js';

/** A registry that judges as it is told and remembers what it is asked for. */
export class InMemoryRegistry implements SchemaRegistry {
  /** Why a schema may not follow others. */
  reasons: readonly string[] = [];
  readonly modes = new Map<string, string>();
  readonly asked: string[] = [];
  readonly #schemas: RegisteredSchema[] = [];
  readonly #ids = new Map<string, number>();

  register(subject: string, text: SchemaText): Promise<RegisteredSchema> {
    const found = this.#find(subject, text);
    if (found) return Promise.resolve(found);
    const isFirst = this.#schemas.every((each) => each.subject !== subject);
    if (!isFirst && this.reasons.length > 0) {
      return Promise.reject(new SchemaIncompatible(subject, this.reasons));
    }
    const id = this.#ids.get(text.schema) ?? 100_001 + this.#ids.size;
    this.#ids.set(text.schema, id);
    const version = this.#schemas.filter((each) => each.subject === subject).length + 1;
    const registered = { ...text, subject, version, id };
    this.#schemas.push(registered);
    return Promise.resolve(registered);
  }

  lookup(subject: string, text: SchemaText): Promise<RegisteredSchema | undefined> {
    this.asked.push(`lookup ${subject}`);
    return Promise.resolve(this.#find(subject, text));
  }

  byId(id: number): Promise<SchemaText | undefined> {
    this.asked.push(`byId ${id}`);
    return Promise.resolve(this.#schemas.find((each) => each.id === id));
  }

  async latest(subject: string): Promise<RegisteredSchema | undefined> {
    return (await this.versions(subject)).at(-1);
  }

  versions(subject: string): Promise<readonly RegisteredSchema[]> {
    return Promise.resolve(this.#schemas.filter((each) => each.subject === subject));
  }

  subjects(): Promise<readonly string[]> {
    return Promise.resolve([...new Set(this.#schemas.map(({ subject }) => subject))]);
  }

  setMode(subject: string, compatibility: string): Promise<void> {
    this.modes.set(subject, compatibility);
    return Promise.resolve();
  }

  incompatibilities(): Promise<readonly string[]> {
    return Promise.resolve(this.reasons);
  }

  #find(subject: string, { schema }: SchemaText): RegisteredSchema | undefined {
    return this.#schemas.find((each) => each.subject === subject && each.schema === schema);
  }
}
