import { z } from 'zod';
import {
  type RegisteredSchema,
  RegistryRefusal,
  RegistryUnavailable,
  SchemaIncompatible,
  SchemaInvalid,
  type SchemaRegistry,
  type SchemaText,
} from '../../ports/schema-registry.js';
import { RestApi, type RestOptions } from './rest-api.js';

const reference = z.object({ name: z.string(), subject: z.string(), version: z.int() });
const schemaDocument = z.object({ schema: z.string(), references: z.array(reference).nullish() });
const versionDocument = schemaDocument.extend({ subject: z.string(), version: z.int(), id: z.int() });

/**
 * A registry that speaks Confluent's REST API, by the part of Confluent's client that sends the requests. Its part above
 * keeps answers that may change, asks one question at a time, and does not ask why a schema is incompatible.
 * Every request may be repeated: what is registered twice is registered once.
 */
export class RemoteSchemaRegistry implements SchemaRegistry {
  private readonly api: RestApi;
  /** What an id stands for never changes. */
  private readonly schemas = new Map<number, Promise<SchemaText | undefined>>();

  constructor(options: RestOptions) {
    this.api = new RestApi(options);
  }

  async register(subject: string, schema: SchemaText): Promise<RegisteredSchema> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    try {
      await this.api.ask('POST', path, z.object({ id: z.int() }), bodyOf(schema));
    } catch (error) {
      if (error instanceof RegistryRefusal && isConflict(error)) {
        const reasons = await this.incompatibilities(subject, schema);
        throw new SchemaIncompatible(subject, reasons.length > 0 ? reasons : [error.message]);
      }
      throw invalidOr(subject, error);
    }
    const registered = await this.lookup(subject, schema);
    if (registered !== undefined) return registered;
    throw new RegistryUnavailable(
      `${this.api.base} does not find what it has just registered for ${subject}.`,
    );
  }

  async lookup(subject: string, schema: SchemaText): Promise<RegisteredSchema | undefined> {
    try {
      const path = `/subjects/${encodeURIComponent(subject)}`;
      const found = await this.api.find('POST', path, versionDocument, bodyOf(schema));
      return found && toRegistered(found);
    } catch (error) {
      throw invalidOr(subject, error);
    }
  }

  byId(id: number): Promise<SchemaText | undefined> {
    const known = this.schemas.get(id);
    if (known) return known;
    const asked = this.api
      .find('GET', `/schemas/ids/${id}`, schemaDocument)
      .then((found) => found && toText(found));
    this.schemas.set(id, asked);
    const forget = (): void => {
      this.schemas.delete(id);
    };
    // What is not there may come.
    asked.then((found) => {
      if (!found) forget();
    }, forget);
    return asked;
  }

  async latest(subject: string): Promise<RegisteredSchema | undefined> {
    return this.version(subject, 'latest');
  }

  async versions(subject: string): Promise<readonly RegisteredSchema[]> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    const numbers = (await this.api.find('GET', path, z.array(z.int()))) ?? [];
    const found: RegisteredSchema[] = [];
    for (const number of numbers) {
      const version = await this.version(subject, number);
      if (version !== undefined) found.push(version);
    }
    return found;
  }

  subjects(): Promise<readonly string[]> {
    return this.api.ask('GET', '/subjects', z.array(z.string()));
  }

  async setMode(subject: string, compatibility: string): Promise<void> {
    const set = () =>
      this.api.ask('PUT', `/config/${encodeURIComponent(subject)}`, z.object({}), { compatibility });
    try {
      await set();
    } catch (error) {
      // Apicurio refuses one of two who set the first mode at once.
      if (!(error instanceof RegistryRefusal) || !isConflict(error)) throw error;
      await set();
    }
  }

  async incompatibilities(subject: string, schema: SchemaText): Promise<readonly string[]> {
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions`;
    const answer = z.object({ is_compatible: z.boolean(), messages: z.array(z.string()).nullish() });
    try {
      // With verbose, an invalid schema would be told as an incompatible one.
      const verdict = await this.api.find('POST', path, answer, bodyOf(schema));
      // Some registries say that there is no such subject: then anything may be the first.
      if (verdict?.is_compatible ?? true) return [];
      const { messages } = await this.api.ask('POST', `${path}?verbose=true`, answer, bodyOf(schema));
      return messages?.length ? messages : ['The registry does not say why.'];
    } catch (error) {
      throw invalidOr(subject, error);
    }
  }

  private async version(subject: string, version: number | 'latest'): Promise<RegisteredSchema | undefined> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
    const found = await this.api.find('GET', path, versionDocument);
    return found && toRegistered(found);
  }
}

const bodyOf = ({ schema, references = [] }: SchemaText): object => ({
  schema,
  ...(references.length > 0 && { references }),
});

const toText = ({ schema, references }: z.infer<typeof schemaDocument>): SchemaText => ({
  schema,
  references: references ?? [],
});

const toRegistered = (document: z.infer<typeof versionDocument>): RegisteredSchema => {
  const { subject, version, id } = document;
  return { subject, version, id, ...toText(document) };
};

/** 409 in Confluent's version 7, 40901 in later ones. */
const isConflict = ({ errorCode }: RegistryRefusal): boolean => errorCode === 409 || errorCode === 40901;

const invalidOr = (subject: string, error: unknown): unknown =>
  error instanceof RegistryRefusal && error.errorCode === 42201
    ? new SchemaInvalid(subject, error.message)
    : error;
