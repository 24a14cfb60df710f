import { isTransitive, judge, type Mode } from '../../schemas/judge.js';
import { type ReadSchema, readStored } from './registry-reading.js';
import { type RegistryRows, type VersionRow } from './registry-rows.js';

/**
 * Why the schema may not follow the versions under the mode, in the form of Confluent's registry: the latest version
 * first. Each version is judged with the versions of other subjects that it refers to.
 */
export const objections = (
  rows: RegistryRows,
  next: ReadSchema,
  versions: readonly VersionRow[],
  mode: Mode,
): readonly string[] =>
  (isTransitive(mode) ? versions.toReversed() : versions.slice(-1)).flatMap((version) =>
    judge(next.parsed, [readStored(rows, version).parsed], { mode, registryOnly: true }).violations.map(
      ({ rule, path, message, remedy }) =>
        `{errorType:'${rule}', description:'${message} ${remedy}', additionalInfo:'${path} (version ${version.version})'}`,
    ),
  );
