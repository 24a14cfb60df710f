import { setTimeout as delay } from 'node:timers/promises';
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
import { Connection, type ConnectionOptions } from './connection.js';

export interface RemoteOptions extends ConnectionOptions {
  /** How often what fails for the moment is tried in all. Default 4. */
  readonly attempts?: number;
  /** The pause before the second attempt; each later one is twice as long. Default 200 ms. */
  readonly pauseMs?: number;
}

const reference = z.object({ name: z.string(), subject: z.string(), version: z.int() });
const schemaDocument = z.object({ schema: z.string(), references: z.array(reference).nullish() });
const versionDocument = schemaDocument.extend({ subject: z.string(), version: z.int(), id: z.int() });
const errorDocument = z.object({ error_code: z.int(), message: z.string() });

const notFound = [404, 40401, 40402, 40403];
/** Timed out, too many requests, or the server's trouble: it may be over soon. */
const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/**
 * A registry that speaks Confluent's REST API. Over plain HTTP and not by Confluent's client, which keeps the latest
 * version for ever, asks one question at a time, does not ask why a schema is incompatible and loads 170 MB of SDKs.
 * Every request may be repeated: what is registered twice is registered once.
 */
export class RemoteSchemaRegistry implements SchemaRegistry {
  private readonly connection: Connection;
  private readonly attempts: number;
  private readonly pauseMs: number;
  /** What an id stands for never changes. */
  private readonly schemas = new Map<number, Promise<SchemaText | undefined>>();

  constructor({ attempts = 4, pauseMs = 200, ...connection }: RemoteOptions) {
    this.connection = new Connection(connection);
    this.attempts = attempts;
    this.pauseMs = pauseMs;
  }

  async register(subject: string, schema: SchemaText): Promise<RegisteredSchema> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    try {
      await this.ask('POST', path, z.object({ id: z.int() }), bodyOf(schema));
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
      `${this.connection.base} does not find what it has just registered for ${subject}.`,
    );
  }

  async lookup(subject: string, schema: SchemaText): Promise<RegisteredSchema | undefined> {
    try {
      const path = `/subjects/${encodeURIComponent(subject)}`;
      const found = await this.find('POST', path, versionDocument, bodyOf(schema));
      return found && toRegistered(found);
    } catch (error) {
      throw invalidOr(subject, error);
    }
  }

  byId(id: number): Promise<SchemaText | undefined> {
    const known = this.schemas.get(id);
    if (known) return known;
    const asked = this.find('GET', `/schemas/ids/${id}`, schemaDocument).then(
      (found) => found && toText(found),
    );
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
    const numbers = (await this.find('GET', path, z.array(z.int()))) ?? [];
    const found: RegisteredSchema[] = [];
    for (const number of numbers) {
      const version = await this.version(subject, number);
      if (version !== undefined) found.push(version);
    }
    return found;
  }

  subjects(): Promise<readonly string[]> {
    return this.ask('GET', '/subjects', z.array(z.string()));
  }

  async setMode(subject: string, compatibility: string): Promise<void> {
    const set = () =>
      this.ask('PUT', `/config/${encodeURIComponent(subject)}`, z.object({}), { compatibility });
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
      const verdict = await this.find('POST', path, answer, bodyOf(schema));
      // Some registries say that there is no such subject: then anything may be the first.
      if (verdict?.is_compatible ?? true) return [];
      const { messages } = await this.ask('POST', `${path}?verbose=true`, answer, bodyOf(schema));
      return messages?.length ? messages : ['The registry does not say why.'];
    } catch (error) {
      throw invalidOr(subject, error);
    }
  }

  private async version(subject: string, version: number | 'latest'): Promise<RegisteredSchema | undefined> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
    const found = await this.find('GET', path, versionDocument);
    return found && toRegistered(found);
  }

  /** undefined for what is not there. */
  private async find<Answer>(
    method: string,
    path: string,
    answer: z.ZodType<Answer>,
    body?: object,
  ): Promise<Answer | undefined> {
    try {
      return await this.ask(method, path, answer, body);
    } catch (error) {
      if (error instanceof RegistryRefusal && notFound.includes(error.errorCode)) return undefined;
      throw error;
    }
  }

  private async ask<Answer>(
    method: string,
    path: string,
    answer: z.ZodType<Answer>,
    body?: object,
  ): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.askOnce(method, path, answer, body);
      } catch (error) {
        if (!(error instanceof RegistryUnavailable) || attempt >= this.attempts) throw error;
        await delay(this.pauseMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));
      }
    }
  }

  /** @throws RegistryUnavailable when it may be tried again; RegistryRefusal when that does not help */
  private async askOnce<Answer>(
    method: string,
    path: string,
    answer: z.ZodType<Answer>,
    body: object | undefined,
  ): Promise<Answer> {
    const { status, text } = await this.connection.exchange(method, path, body);
    const json = parseJson(text);
    if (status >= 200 && status < 300) {
      const document = answer.safeParse(json);
      if (document.success) return document.data;
      throw new RegistryUnavailable(
        `${this.connection.base}${path} answers otherwise than Confluent's API: ${text.slice(0, 200)}`,
      );
    }
    const refusal = errorDocument.safeParse(json);
    const message = refusal.success ? refusal.data.message : `status ${status}: ${text.slice(0, 200)}`;
    if (isPassing(status)) throw new RegistryUnavailable(`${this.connection.base}${path}: ${message}`);
    if (status === 401 || status === 403) {
      const refused = `${this.connection.base} does not accept the name, password or token that it was given`;
      throw new RegistryRefusal(status, `${refused}: ${message}`);
    }
    // Apicurio's code is 0 for what Confluent's has no code for.
    throw new RegistryRefusal((refusal.success && refusal.data.error_code) || status, message);
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

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
