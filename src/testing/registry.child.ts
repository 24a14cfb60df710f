import { type RegisteredSchema, SchemaIncompatible, type SchemaRegistry } from '../ports/schema-registry.js';

/**
 * A process of its own that registers schemas, for specs about several processes and about sudden death:
 *     registry.child.js <module that opens the store> <data directory> <subjects>
 * In each subject it registers one schema that all processes register, then one that only one of them can.
 */
export type RegistryReport =
  | ({ readonly told: 'shared' | 'own' } & Pick<RegisteredSchema, 'subject' | 'version' | 'id'>)
  | { readonly told: 'refused'; readonly subject: string }
  | { readonly told: 'done' };

interface Opened {
  readonly schemaRegistry: SchemaRegistry;
  close(): Promise<void>;
}

const [, , moduleUrl = '', dataDir = '', subjects = ''] = process.argv;

const tell = (report: RegistryReport): void => {
  process.send?.(report);
};

const record = (...fields: readonly object[]): { readonly schema: string } => ({
  schema: JSON.stringify({ type: 'record', name: 'Shared', fields }),
});

const { openEmbedded } = (await import(moduleUrl)) as { openEmbedded: (options: object) => Opened };
const opened = openEmbedded({ dataDir });
for (let at = 0; at < Number(subjects); at += 1) {
  const subject = `subject-${at}`;
  const field = { name: `f${at}`, type: 'int' };
  const { version, id } = await opened.schemaRegistry.register(subject, record(field));
  tell({ told: 'shared', subject, version, id });
  // Two of these are incompatible: a default of one's own for a type of one's own.
  const own = { name: 'own', type: { type: 'enum', name: `E${process.pid}`, symbols: ['A'] }, default: 'A' };
  try {
    const mine = await opened.schemaRegistry.register(subject, record(field, own));
    tell({ told: 'own', subject, version: mine.version, id: mine.id });
  } catch (error) {
    if (!(error instanceof SchemaIncompatible)) throw error;
    tell({ told: 'refused', subject });
  }
}
await opened.close();
tell({ told: 'done' });
