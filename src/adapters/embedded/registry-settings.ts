import { defaultMode, type Mode, modes } from '../../schemas/judge.js';
import { refusals } from './registry-refusals.js';
import { GLOBAL, type RegistryRows } from './registry-rows.js';

/** What Confluent calls the mode of a subject: who may write. */
export const accesses = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT'] as const;
export type Access = (typeof accesses)[number];

export interface Config {
  readonly compatibility: Mode | null;
  readonly normalize: boolean | null;
}

export const toMode = (text: string): Mode => {
  const mode = modes.find((each) => each === text.toUpperCase());
  if (mode === undefined) throw refusals.invalidCompatibility(text, modes);
  return mode;
};

export const toAccess = (text: string): Access => {
  const access = accesses.find((each) => each === text.toUpperCase());
  if (access === undefined) throw refusals.invalidAccess(text, accesses);
  return access;
};

/** A subject's own, without those that it has from the registry as a whole. */
export const ownConfig = (rows: RegistryRows, subject: string): Config => {
  const { compatibility, normalize } = rows.settings(subject);
  return { compatibility: compatibility === null ? null : toMode(compatibility), normalize };
};

export const globalConfig = (rows: RegistryRows): Config & { readonly compatibility: Mode } => {
  const { compatibility, normalize } = ownConfig(rows, GLOBAL);
  return { compatibility: compatibility ?? defaultMode, normalize };
};

export const configInScope = (
  rows: RegistryRows,
  subject: string,
): Config & { readonly compatibility: Mode } => {
  const [own, general] = [ownConfig(rows, subject), globalConfig(rows)];
  return {
    compatibility: own.compatibility ?? general.compatibility,
    normalize: own.normalize ?? general.normalize,
  };
};

export const ownAccess = (rows: RegistryRows, subject: string): Access | undefined => {
  const { access } = rows.settings(subject);
  return access === null ? undefined : toAccess(access);
};

export const globalAccess = (rows: RegistryRows): Access => ownAccess(rows, GLOBAL) ?? 'READWRITE';

export const accessInScope = (rows: RegistryRows, subject: string): Access => {
  const general = globalAccess(rows);
  return general === 'READONLY_OVERRIDE' ? general : (ownAccess(rows, subject) ?? general);
};

export const refuseReadOnly = (rows: RegistryRows, subject: string): void => {
  if (accessInScope(rows, subject).startsWith('READONLY')) {
    const what = subject === GLOBAL ? 'The registry' : `Subject ${subject}`;
    throw refusals.notPermitted(`${what} is in read-only mode`);
  }
};
