import { RegistryRefusal, SchemaIncompatible, SchemaInvalid } from '../../ports/schema-registry.js';

export type Version = number | 'latest';

/** Confluent's error codes and, but for the odd word, its sentences. */
export const refusals = {
  noSubject: (subject: string) => new RegistryRefusal(40401, `Subject '${subject}' not found.`),
  noVersion: (version: Version) =>
    new RegistryRefusal(40402, `Version ${version === 'latest' ? -1 : version} not found.`),
  noSchema: (id?: number) =>
    new RegistryRefusal(40403, id === undefined ? 'Schema not found' : `Schema ${id} not found`),
  subjectSoftlyDeleted: (subject: string) =>
    new RegistryRefusal(
      40404,
      `Subject '${subject}' was soft deleted. Set permanent=true to delete permanently`,
    ),
  subjectNotSoftlyDeleted: (subject: string) =>
    new RegistryRefusal(40405, `Subject '${subject}' was not deleted first before being permanently deleted`),
  versionSoftlyDeleted: (subject: string, version: Version) =>
    new RegistryRefusal(
      40406,
      `Subject '${subject}' Version ${version} was soft deleted. Set permanent=true to delete permanently`,
    ),
  versionNotSoftlyDeleted: (subject: string, version: Version) =>
    new RegistryRefusal(
      40407,
      `Subject '${subject}' Version ${version} was not deleted first before being permanently deleted`,
    ),
  noConfig: (subject: string) =>
    new RegistryRefusal(40408, `Subject '${subject}' does not have subject-level compatibility configured`),
  noAccess: (subject: string) =>
    new RegistryRefusal(40409, `Subject '${subject}' does not have subject-level mode configured`),
  invalidVersion: (version: string) =>
    new RegistryRefusal(
      42202,
      `The specified version '${version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
    ),
  invalidCompatibility: (given: string, levels: readonly string[]) =>
    new RegistryRefusal(
      42203,
      `Invalid compatibility level '${given}'. Valid values are ${levels.join(', ')}`,
    ),
  invalidAccess: (given: string, all: readonly string[]) =>
    new RegistryRefusal(42204, `Invalid mode '${given}'. Valid values are ${all.join(', ')}`),
  notPermitted: (sentence: string) => new RegistryRefusal(42205, sentence),
  referenced: (subject: string, version: number, by: string) =>
    new RegistryRefusal(
      42206,
      `One or more references exist to the schema {subject=${subject}, version=${version}}: ${by}.`,
    ),
  invalidSubject: (subject: string, why: string) =>
    new RegistryRefusal(42208, `The specified subject '${subject}' is not valid: ${why}.`),
};

/** The answers that are no: they are given before anything is written. */
export const isRefusal = (error: unknown): error is RegistryRefusal | SchemaIncompatible | SchemaInvalid =>
  error instanceof RegistryRefusal || error instanceof SchemaIncompatible || error instanceof SchemaInvalid;
