import { z } from 'zod';
import { type SchemaReference } from '../../ports/schema-registry.js';
import { type Database } from './database.js';

/** The settings that apply where a subject has none of its own. No subject has this name. */
export const GLOBAL = '';

export interface SchemaRow {
  readonly id: number;
  /** The same for schemas that count as the same. */
  readonly identity: string;
  readonly schema: string;
  readonly references: readonly SchemaReference[];
}

export interface VersionRow extends SchemaRow {
  readonly subject: string;
  readonly version: number;
  /** Softly: it can still be read by who asks for it. */
  readonly deleted: boolean;
}

export interface Settings {
  readonly compatibility: string | null;
  readonly normalize: boolean | null;
  readonly access: string | null;
}

interface Stored {
  readonly id: number;
  readonly identity: string;
  readonly schema: string;
  readonly referred: string;
}

interface StoredVersion extends Stored {
  readonly subject: string;
  readonly version: number;
  readonly deleted: number;
}

const references = z.array(z.object({ name: z.string(), subject: z.string(), version: z.number() }));

const toSchema = ({ id, identity, schema, referred }: Stored): SchemaRow => ({
  ...{ id, identity, schema },
  references: references.parse(JSON.parse(referred)),
});

const toVersion = (row: StoredVersion): VersionRow => ({
  ...{ subject: row.subject, version: row.version, deleted: row.deleted === 1 },
  ...toSchema(row),
});

/** The tables of the registry. Its rules are elsewhere; what reads and then writes does so in one transaction. */
export const registryRows = (db: Database) => {
  const versions = (condition: string) =>
    db.prepare<(string | number)[], StoredVersion>(
      `SELECT v.subject, v.version, v.deleted, s.id, s.identity, s.schema, s.referred
       FROM registry_versions v JOIN registry_schemas s ON s.id = v.schema_id
       WHERE ${condition} ORDER BY v.subject, v.version`,
    );
  const ofSubject = versions('v.subject = ?');
  const one = versions('v.subject = ? AND v.version = ?');
  const ofSchema = versions('v.schema_id = ?');
  const byPrefix = versions('instr(v.subject, ?) = 1');
  const referrers = versions(
    `EXISTS (SELECT 1 FROM json_each(s.referred) r
             WHERE r.value ->> 'subject' = ? AND r.value ->> 'version' = ?)`,
  );
  const byId = db.prepare<[number], Stored>('SELECT * FROM registry_schemas WHERE id = ?');
  const byIdentity = db.prepare<[string], Stored>(
    'SELECT * FROM registry_schemas WHERE identity = ? ORDER BY id LIMIT 1',
  );
  const greatestId = db.prepare<[], number>('SELECT coalesce(max(id), 0) FROM registry_schemas').pluck();
  const insertSchema = db.prepare<[number | null, string, string, string]>(
    'INSERT INTO registry_schemas (id, identity, schema, referred) VALUES (?, ?, ?, ?)',
  );
  const putVersion = db.prepare<[string, number, number]>(
    'INSERT OR REPLACE INTO registry_versions (subject, version, schema_id, deleted) VALUES (?, ?, ?, 0)',
  );
  const hide = db.prepare<[string, number]>(
    'UPDATE registry_versions SET deleted = 1 WHERE subject = ? AND version = ?',
  );
  const removeVersion = db.prepare<[string, number]>(
    'DELETE FROM registry_versions WHERE subject = ? AND version = ?',
  );
  const removeSchema = db.prepare<[number, number]>(
    `DELETE FROM registry_schemas WHERE id = ?
     AND NOT EXISTS (SELECT 1 FROM registry_versions WHERE schema_id = ?)`,
  );
  const settings = db.prepare<
    [string],
    { compatibility: string | null; normalize: number | null; access: string | null }
  >('SELECT compatibility, normalize, access FROM registry_settings WHERE subject = ?');
  const putSettings = db.prepare<[string, string | null, number | null, string | null]>(
    'INSERT OR REPLACE INTO registry_settings (subject, compatibility, normalize, access) VALUES (?, ?, ?, ?)',
  );
  const removeSettings = db.prepare<[string]>('DELETE FROM registry_settings WHERE subject = ?');

  return {
    /** The softly deleted ones included; the oldest first. */
    versions: (subject: string): readonly VersionRow[] => ofSubject.all(subject).map(toVersion),
    version: (subject: string, version: number): VersionRow | undefined => {
      const row = one.get(subject, version);
      return row && toVersion(row);
    },
    /** Of all subjects whose names begin so. */
    versionsByPrefix: (prefix: string): readonly VersionRow[] => byPrefix.all(prefix).map(toVersion),
    versionsWith: (id: number): readonly VersionRow[] => ofSchema.all(id).map(toVersion),
    /** The versions whose schemas refer to this one. */
    referrers: (subject: string, version: number): readonly VersionRow[] =>
      referrers.all(subject, version).map(toVersion),
    schema: (id: number): SchemaRow | undefined => {
      const row = byId.get(id);
      return row && toSchema(row);
    },
    schemaLike: (identity: string): SchemaRow | undefined => {
      const row = byIdentity.get(identity);
      return row && toSchema(row);
    },
    greatestId: (): number => greatestId.get() ?? 0,
    /** @returns its id, the next one when none is given */
    addSchema: ({ identity, schema, references }: Omit<SchemaRow, 'id'>, id: number | undefined): number =>
      Number(insertSchema.run(id ?? null, identity, schema, JSON.stringify(references)).lastInsertRowid),
    putVersion: (subject: string, version: number, schemaId: number): void => {
      putVersion.run(subject, version, schemaId);
    },
    hideVersion: (subject: string, version: number): void => {
      hide.run(subject, version);
    },
    /** For good, with its schema when no other version has it. */
    removeVersion: ({ subject, version, id }: VersionRow): void => {
      removeVersion.run(subject, version);
      removeSchema.run(id, id);
    },
    settings: (subject: string): Settings => {
      const row = settings.get(subject);
      if (row === undefined) return { compatibility: null, normalize: null, access: null };
      return { ...row, normalize: row.normalize === null ? null : row.normalize === 1 };
    },
    putSettings: (subject: string, { compatibility, normalize, access }: Settings): void => {
      if (compatibility === null && normalize === null && access === null) removeSettings.run(subject);
      else putSettings.run(subject, compatibility, normalize === null ? null : Number(normalize), access);
    },
  };
};

export type RegistryRows = ReturnType<typeof registryRows>;
