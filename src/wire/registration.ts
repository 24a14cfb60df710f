import { type RegisteredSchema, type SchemaRegistry } from '../ports/schema-registry.js';
import { publicTypes } from './avro.js';
import { recordNames } from './events.generated.js';
import { publicSchemas } from './schemas.generated.js';
import { subjectOf } from './subjects.js';

/** A schema of this program as its subject should have it. */
interface Wanted {
  readonly subject: string;
  readonly schema: string;
  readonly compatibility: string;
}

const wanted: readonly Wanted[] = publicTypes.map((type) => ({
  subject: subjectOf(recordNames[type]),
  ...publicSchemas[type],
}));

/**
 * Registers every schema of this program, in the compatibility mode that its subject is to have. Repeating it
 * changes nothing.
 * @throws SchemaIncompatible at the first schema that may not follow; those before it stay registered.
 */
export const registerSchemas = async (registry: SchemaRegistry): Promise<readonly RegisteredSchema[]> => {
  const registered: RegisteredSchema[] = [];
  for (const { subject, schema, compatibility } of wanted) {
    await registry.setMode(subject, compatibility);
    registered.push(await registry.register(subject, { schema }));
  }
  return registered;
};

/** What registering would change at one subject. */
export type Difference =
  | { readonly subject: string; readonly is: 'new' | 'new version' }
  | { readonly subject: string; readonly is: 'unchanged'; readonly version: number }
  | { readonly subject: string; readonly is: 'incompatible'; readonly reasons: readonly string[] };

export const differences = (registry: SchemaRegistry): Promise<readonly Difference[]> =>
  Promise.all(wanted.map((each) => differenceOf(registry, each)));

const differenceOf = async (registry: SchemaRegistry, { subject, schema }: Wanted): Promise<Difference> => {
  const same = await registry.lookup(subject, { schema });
  if (same) return { subject, is: 'unchanged', version: same.version };
  if (!(await registry.latest(subject))) return { subject, is: 'new' };
  const reasons = await registry.incompatibilities(subject, { schema });
  return reasons.length > 0 ? { subject, is: 'incompatible', reasons } : { subject, is: 'new version' };
};

/** Why this program cannot publish yet, in sentences that say what to do: all its schemas are to be registered as they are. */
export const unregistered = async (registry: SchemaRegistry): Promise<readonly string[]> =>
  (await differences(registry)).flatMap((difference) => sentenceOf(difference) ?? []);

const sentenceOf = (difference: Difference): string | undefined => {
  switch (difference.is) {
    case 'unchanged':
      return undefined;
    case 'new':
      return `${difference.subject} is not registered: npm run schemas -- register`;
    case 'new version':
      return `${difference.subject} is registered without this program's version: npm run schemas -- register`;
    case 'incompatible':
      return (
        `${difference.subject} is registered with what this program's schema may not follow ` +
        `(${difference.reasons.join('; ')}): npm run schemas -- diff`
      );
  }
};
