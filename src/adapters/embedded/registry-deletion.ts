import { refusals, type Version } from './registry-refusals.js';
import { GLOBAL, type RegistryRows, type VersionRow } from './registry-rows.js';
import { refuseReadOnly } from './registry-settings.js';

/**
 * Softly: it is not counted any more, but data with its id can be read. For good, in a second step: it is gone.
 * What others refer to stays. @returns the versions that were deleted
 */
export const deleteSubject = (rows: RegistryRows, subject: string, forGood: boolean): readonly number[] => {
  const versions = rows.versions(subject);
  const live = versions.filter(({ deleted }) => !deleted);
  if (versions.length === 0) throw refusals.noSubject(subject);
  if (!forGood && live.length === 0) throw refusals.subjectSoftlyDeleted(subject);
  refuseReadOnly(rows, subject);
  const doomed = forGood ? versions : live;
  for (const version of doomed) {
    // What refers to it within the subject goes with it.
    refuseReferenced(rows, version, forGood, (referrer) => referrer.subject !== subject);
  }
  if (forGood && live.length > 0) throw refusals.subjectNotSoftlyDeleted(subject);
  for (const version of doomed) remove(rows, version, forGood);
  return doomed.map(({ version }) => version);
};

/** @returns its number */
export const deleteVersion = (
  rows: RegistryRows,
  subject: string,
  version: Version,
  forGood: boolean,
): number => {
  const versions = rows.versions(subject);
  const row =
    version === 'latest'
      ? versions.findLast(({ deleted }) => !deleted)
      : versions.find((each) => each.version === version);
  if (row === undefined) {
    throw versions.length === 0 ? refusals.noSubject(subject) : refusals.noVersion(version);
  }
  if (row.deleted && !forGood) throw refusals.versionSoftlyDeleted(subject, version);
  refuseReadOnly(rows, subject);
  refuseReferenced(rows, row, forGood, () => true);
  if (forGood && !row.deleted) throw refusals.versionNotSoftlyDeleted(subject, version);
  remove(rows, row, forGood);
  return row.version;
};

/** Softly deleted ones can come back, so that what they refer to must not be gone. */
export const referrersOf = (
  rows: RegistryRows,
  { subject, version }: Pick<VersionRow, 'subject' | 'version'>,
  deletedToo: boolean,
): readonly VersionRow[] => rows.referrers(subject, version).filter(({ deleted }) => deletedToo || !deleted);

const refuseReferenced = (
  rows: RegistryRows,
  row: VersionRow,
  deletedToo: boolean,
  counts: (referrer: VersionRow) => boolean,
): void => {
  const referrers = referrersOf(rows, row, deletedToo).filter(counts);
  if (referrers.length === 0) return;
  const named = referrers.map((each) => `${each.subject} version ${each.version}`);
  throw refusals.referenced(row.subject, row.version, named.join(', '));
};

const remove = (rows: RegistryRows, row: VersionRow, forGood: boolean): void => {
  if (!forGood) {
    rows.hideVersion(row.subject, row.version);
    return;
  }
  rows.removeVersion(row);
  if (rows.versions(row.subject).length > 0) return;
  rows.putSettings(row.subject, { compatibility: null, normalize: null, access: null });
};

/** Before schemas are imported under ids of their own: what was deleted softly must not come in between. */
export const clearForImport = (rows: RegistryRows, subject: string): void => {
  const isGlobal = subject === GLOBAL;
  const versions = isGlobal ? rows.versionsByPrefix('') : rows.versions(subject);
  if (versions.some(({ deleted }) => !deleted)) {
    throw refusals.notPermitted(
      'Cannot import since found existing subjects. Delete them first, or set force=true',
    );
  }
  for (const row of versions) {
    refuseReferenced(rows, row, true, (referrer) => !isGlobal && referrer.subject !== subject);
  }
  for (const row of versions) rows.removeVersion(row);
};
