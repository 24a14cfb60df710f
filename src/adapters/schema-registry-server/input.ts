import { z } from 'zod';
import { RegistryRefusal, type SchemaText } from '../../ports/schema-registry.js';
import { type Config } from '../embedded/registry-settings.js';
import { refusals, type Version } from '../embedded/registry-refusals.js';
import { toMode } from '../embedded/registry-settings.js';
import { type RegisterOptions, type Scope } from '../embedded/schema-registry.js';
import { httpError } from './documents.js';

/** The prefix of the default context, which is the only one here. */
const defaultContext = ':.:';
const anyContext = ':*:';

/** Of a path's parameter. @throws RegistryRefusal for a subject of another context */
export const subjectInput = (given: string): string => {
  const subject = given.startsWith(defaultContext) ? given.slice(defaultContext.length) : given;
  if (/^:(\.|\*:)/.test(subject)) {
    throw refusals.invalidSubject(given, 'this registry has no contexts but the default one');
  }
  return subject;
};

export const scopeInput = (given: string): Scope =>
  given === defaultContext || given === ':.__GLOBAL:' ? 'global' : { subject: subjectInput(given) };

export const versionInput = (given: string): Version => {
  const text = given.trim().toLowerCase();
  if (text === 'latest' || text === '-1') return 'latest';
  const version = /^\+?\d+$/.test(text) ? Number(text) : 0;
  if (version < 1 || version > 0x7fffffff) throw refusals.invalidVersion(given);
  return version;
};

export const idInput = (given: string): number => {
  if (!/^\d{1,10}$/.test(given)) throw httpError(404, 'HTTP 404 Not Found');
  return Number(given);
};

/** The parameters of a query; the first one counts where one is there twice. */
export class Query {
  constructor(private readonly given: URLSearchParams) {}

  flag(name: string): boolean {
    return this.text(name).toLowerCase() === 'true';
  }

  text(name: string): string {
    return this.given.get(name) ?? '';
  }

  /** undefined: of another context, of which there is none. */
  get subjectPrefix(): string | undefined {
    const given = this.text('subjectPrefix');
    for (const context of [defaultContext, anyContext]) {
      if (given.startsWith(context)) return given.slice(context.length);
    }
    return given.startsWith(':.') ? undefined : given;
  }

  page<Item>(items: readonly Item[]): readonly Item[] {
    const [offset, limit] = [this.whole('offset'), this.whole('limit')];
    return items.slice(Math.max(offset, 0), limit > 0 ? Math.max(offset, 0) + limit : undefined);
  }

  private whole(name: string): number {
    const given = this.text(name);
    if (!/^(-?\d{1,9})?$/.test(given)) throw httpError(400, `${name}=${given} is no whole number.`);
    return Number(given);
  }
}

const text = (name: string) => z.string(`"${name}" must be a text`);
const whole = (name: string) => z.int(`"${name}" must be a whole number`);

const reference = z.object(
  { name: text('name'), subject: text('subject'), version: whole('version') },
  'a reference must be an object with name, subject and version',
);

/** Some clients send null for what they do not say. */
const schemaBody = z.object({
  schema: text('schema').nullish(),
  schemaType: text('schemaType').nullish(),
  references: z.array(reference, '"references" must be a list').nullish(),
  id: whole('id').nullish(),
  version: whole('version').nullish(),
  metadata: z.unknown().optional(),
  ruleSet: z.unknown().optional(),
});

export const schemaInput = (body: unknown): SchemaText & Pick<RegisterOptions, 'id' | 'version'> => {
  const { schema, schemaType, references, id, version, metadata, ruleSet } = parse(schemaBody, body);
  if ((schemaType ?? 'AVRO') !== 'AVRO') {
    throw new RegistryRefusal(
      42201,
      `Invalid schema type ${String(schemaType)}: this registry keeps AVRO only`,
    );
  }
  if ((metadata ?? ruleSet ?? null) !== null) {
    throw new RegistryRefusal(42201, 'Invalid schema: this registry keeps neither metadata nor ruleSet');
  }
  return {
    schema: schema ?? '',
    references: (references ?? []).map((each) => ({ ...each, subject: subjectInput(each.subject) })),
    // In Confluent's clients -1 is no id, and 0 or -1 no version.
    id: typeof id === 'number' && id >= 0 ? id : undefined,
    version: typeof version === 'number' && version > 0 ? version : undefined,
  };
};

/** What Confluent's registry can do and this one cannot: to pass over it would mislead. */
const unknownSettings = [
  ...['alias', 'validateFields', 'validateNewSchemas', 'compatibilityGroup', 'compatibilityPolicy'],
  ...['defaultMetadata', 'overrideMetadata', 'defaultRuleSet', 'overrideRuleSet'],
] as const;

const configBody = z
  .object({
    compatibility: text('compatibility').nullish(),
    normalize: z.boolean('"normalize" must be true or false').nullish(),
  })
  .loose();

export const configInput = (body: unknown): Partial<Config> => {
  const given = parse(configBody, body);
  const unknown = unknownSettings.find((name) => (given[name] ?? null) !== null);
  if (unknown !== undefined) throw httpError(422, `This registry has no setting ${unknown}.`);
  const { compatibility, normalize } = given;
  return {
    ...(typeof compatibility === 'string' && { compatibility: toMode(compatibility) }),
    ...(typeof normalize === 'boolean' && { normalize }),
  };
};

const modeBody = z.object({ mode: text('mode') });

export const modeInput = (body: unknown): string => parse(modeBody, body).mode;

const parse = <Output>(schema: z.ZodType<Output>, body: unknown): Output => {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const what = issue === undefined || issue.path.length === 0 ? 'it must be a JSON object' : issue.message;
  throw httpError(422, `The body is not valid: ${what}.`);
};
