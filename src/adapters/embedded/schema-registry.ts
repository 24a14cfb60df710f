import {
  type RegisteredSchema,
  SchemaIncompatible,
  SchemaInvalid,
  type SchemaRegistry,
  type SchemaText,
} from '../../ports/schema-registry.js';
import { whenFree } from './busy.js';
import { type Database } from './database.js';
import { type GroupCommit, Refused } from './group-commit.js';
import { clearForImport, deleteSubject, deleteVersion, referrersOf } from './registry-deletion.js';
import { objections } from './registry-objections.js';
import {
  identityOf,
  inlinedText,
  readKnown,
  readNew,
  type ReadSchema,
  readStored,
  refuseInvalidDefaults,
  saySame,
  textOf,
} from './registry-reading.js';
import { isRefusal, refusals, type Version } from './registry-refusals.js';
import { GLOBAL, registryRows, type RegistryRows, type SchemaRow, type VersionRow } from './registry-rows.js';
import {
  type Access,
  accessInScope,
  type Config,
  configInScope,
  globalAccess,
  globalConfig,
  ownAccess,
  ownConfig,
  refuseReadOnly,
  toMode,
} from './registry-settings.js';

export interface RegisterOptions {
  /** What has no order in Avro is sorted in the text that is kept. */
  readonly normalize?: boolean;
  /** From another registry; in the mode IMPORT only, and always there. */
  readonly id?: number | undefined;
  /** What it must become. */
  readonly version?: number | undefined;
}

/** Of a subject, or of the registry as a whole. */
export type Scope = { readonly subject: string } | 'global';

/**
 * A schema registry with the rules of Confluent's, for Avro, in the embedded store. Whether a schema may be registered
 * or deleted is decided within the transaction that does it: that holds for several processes as well.
 */
export class EmbeddedSchemaRegistry implements SchemaRegistry {
  private readonly rows: RegistryRows;

  constructor(
    private readonly db: Database,
    private readonly commits: GroupCommit,
  ) {
    this.rows = registryRows(db);
  }

  register(subject: string, schema: SchemaText, options: RegisterOptions = {}): Promise<RegisteredSchema> {
    return this.write(() => toRegistered(add(this.rows, subject, schema, options)));
  }

  async lookup(subject: string, schema: SchemaText): Promise<RegisteredSchema | undefined> {
    const found = await this.find(subject, schema, false);
    return found && toRegistered(found);
  }

  /** @param deletedToo whether softly deleted versions are looked at */
  find(subject: string, schema: SchemaText, deletedToo: boolean): Promise<VersionRow | undefined> {
    return this.read(() => {
      const wanted = readKnown(this.rows, subject, schema);
      const versions = this.rows.versions(subject).filter(({ deleted }) => deletedToo || !deleted);
      return sameSchema(this.rows, versions, wanted);
    });
  }

  byId(id: number): Promise<SchemaRow | undefined> {
    return this.read(() => this.rows.schema(id));
  }

  async latest(subject: string): Promise<RegisteredSchema | undefined> {
    return (await this.versions(subject)).at(-1);
  }

  async versions(subject: string): Promise<readonly RegisteredSchema[]> {
    return live(await this.history(subject)).map(toRegistered);
  }

  /** With the versions that are softly deleted. */
  history(subject: string): Promise<readonly VersionRow[]> {
    return this.read(() => this.rows.versions(subject));
  }

  async subjects(): Promise<readonly string[]> {
    return [...new Set(live(await this.histories('')).map(({ subject }) => subject))];
  }

  /** Of all subjects whose names begin so. */
  histories(prefix: string): Promise<readonly VersionRow[]> {
    return this.read(() => this.rows.versionsByPrefix(prefix));
  }

  /** Wherever a schema is, softly deleted ones too. */
  versionsWith(id: number): Promise<readonly VersionRow[]> {
    return this.read(() => this.rows.versionsWith(id));
  }

  greatestId(): Promise<number> {
    return this.read(() => this.rows.greatestId());
  }

  /** The versions whose schemas refer to this one. */
  referrers(version: VersionRow, deletedToo: boolean): Promise<readonly VersionRow[]> {
    return this.read(() => referrersOf(this.rows, version, deletedToo));
  }

  /** The schema with what it refers to written out. */
  inlined(schema: SchemaText): Promise<string> {
    return this.read(() => inlinedText(readKnown(this.rows, '', schema)));
  }

  async setMode(subject: string, compatibility: string): Promise<void> {
    await this.configure({ subject }, { compatibility: toMode(compatibility) });
  }

  /** @param against a version of the subject; without one, those that its mode asks for */
  incompatibilities(subject: string, schema: SchemaText, against?: Version): Promise<readonly string[]> {
    return this.read(() => {
      const next = readNew(this.rows, subject, schema);
      refuseInvalidDefaults(subject, next);
      const versions = live(this.rows.versions(subject));
      const chosen =
        typeof against === 'number' ? versions.filter(({ version }) => version === against) : versions;
      if (typeof against === 'number' && chosen.length === 0) throw refusals.noVersion(against);
      const { compatibility } = configInScope(this.rows, subject);
      return objections(this.rows, next, against === 'latest' ? chosen.slice(-1) : chosen, compatibility);
    });
  }

  /** @returns the versions that were deleted */
  deleteSubject(subject: string, forGood: boolean): Promise<readonly number[]> {
    return this.write(() => deleteSubject(this.rows, subject, forGood));
  }

  deleteVersion(subject: string, version: Version, forGood: boolean): Promise<number> {
    return this.write(() => deleteVersion(this.rows, subject, version, forGood));
  }

  /** @param inScope with what a subject has from the registry as a whole */
  config(scope: Scope, inScope: boolean): Promise<Config> {
    return this.read(() => {
      if (scope === 'global') return globalConfig(this.rows);
      return inScope ? configInScope(this.rows, scope.subject) : ownConfig(this.rows, scope.subject);
    });
  }

  /** What is undefined stays, what is null is taken away. */
  configure(scope: Scope, change: Partial<Config>): Promise<void> {
    return this.write(() => {
      const subject = nameOf(scope);
      refuseReadOnly(this.rows, subject);
      const { compatibility, normalize, access } = this.rows.settings(subject);
      this.rows.putSettings(subject, {
        compatibility: change.compatibility === undefined ? compatibility : change.compatibility,
        normalize: change.normalize === undefined ? normalize : change.normalize,
        access,
      });
    });
  }

  access(scope: Scope, inScope: boolean): Promise<Access | undefined> {
    return this.read(() => {
      if (scope === 'global') return globalAccess(this.rows);
      return inScope ? accessInScope(this.rows, scope.subject) : ownAccess(this.rows, scope.subject);
    });
  }

  /** @param force whether IMPORT may begin where there are schemas already */
  setAccess(scope: Scope, access: Access | null, force: boolean): Promise<void> {
    return this.write(() => {
      const subject = nameOf(scope);
      if (access === 'IMPORT' && accessInScope(this.rows, subject) !== 'IMPORT' && !force) {
        clearForImport(this.rows, subject);
      }
      this.rows.putSettings(subject, { ...this.rows.settings(subject), access });
    });
  }

  private read<Result>(work: () => Result): Promise<Result> {
    return whenFree(() => this.db.transaction(work)());
  }

  private write<Result>(work: () => Result): Promise<Result> {
    return this.commits.write(() => {
      try {
        return work();
      } catch (error) {
        if (isRefusal(error)) return new Refused(error);
        throw error;
      }
    });
  }
}

/** Part of a transaction. Nothing is written before it is certain that all of it will be. */
const add = (
  rows: RegistryRows,
  subject: string,
  schema: SchemaText,
  { normalize = false, id, version }: RegisterOptions,
): VersionRow => {
  refuseName(subject);
  refuseReadOnly(rows, subject);
  const isImport = accessInScope(rows, subject) === 'IMPORT';
  if (isImport && id === undefined)
    throw refusals.notPermitted(`Subject ${subject} is not in read-write mode`);
  if (!isImport && id !== undefined) throw refusals.notPermitted(`Subject ${subject} is not in import mode`);

  const next = readNew(rows, subject, schema);
  const history = rows.versions(subject);
  const known = version === undefined ? sameSchema(rows, live(history), next) : undefined;
  if (known && (id === undefined || id === known.id)) return known;

  const config = configInScope(rows, subject);
  const following = (history.at(-1)?.version ?? 0) + 1;
  if (!isImport) {
    refuseInvalidDefaults(subject, next);
    const reasons = objections(rows, next, live(history), config.compatibility);
    if (reasons.length > 0) throw new SchemaIncompatible(subject, reasons);
    if (version !== undefined && version !== following) {
      throw new SchemaInvalid(subject, 'Version is not one more than previous version');
    }
  }
  const number = version ?? following;
  const identity = identityOf(next);
  const same = id === undefined ? rows.schemaLike(identity) : rows.schema(id);
  const there = history.find((each) => each.version === number);
  if ((same && same.identity !== identity) || (there && there.id !== id)) {
    throw refusals.notPermitted(
      `Overwrite new schema with id ${String(id)} is not permitted: id or version ${number} has another schema`,
    );
  }

  const text = textOf(next, normalize || config.normalize === true);
  const schemaId = same?.id ?? rows.addSchema({ identity, ...text }, id);
  rows.putVersion(subject, number, schemaId);
  for (const old of history) {
    // As the same schema has come back under a new number, the deleted one of old is of no more use.
    const isOutlived = old.deleted && old.id === schemaId && old.version < number;
    if (isOutlived && referrersOf(rows, old, true).length === 0) rows.removeVersion(old);
  }
  return { subject, version: number, deleted: false, id: schemaId, identity, ...(same ?? text) };
};

/** The latest of the versions that has this schema, or that says with references what this one says in full. */
const sameSchema = (
  rows: RegistryRows,
  versions: readonly VersionRow[],
  wanted: ReadSchema,
): VersionRow | undefined => {
  const identity = identityOf(wanted);
  const same = versions.findLast((each) => each.identity === identity);
  if (same || wanted.references.length > 0) return same;
  return versions.findLast((each) => each.references.length > 0 && saySame(readStored(rows, each), wanted));
};

const refuseName = (subject: string): void => {
  if (subject === GLOBAL) throw refusals.invalidSubject(subject, 'it is empty');
  if (/\p{Cc}/u.test(subject)) throw refusals.invalidSubject(subject, 'it has control characters');
  if (/^__(GLOBAL|EMPTY)$/.test(subject)) throw refusals.invalidSubject(subject, 'it is reserved');
};

const live = (versions: readonly VersionRow[]): readonly VersionRow[] =>
  versions.filter(({ deleted }) => !deleted);

const nameOf = (scope: Scope): string => (scope === 'global' ? GLOBAL : scope.subject);

const toRegistered = ({ subject, version, id, schema, references }: VersionRow): RegisteredSchema => ({
  ...{ subject, version, id, schema },
  references,
});
