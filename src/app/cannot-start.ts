/** The machine does not allow what the configuration asks for; the message says what to change. */
export class CannotStart extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'CannotStart';
  }
}

interface Sentence {
  /** SQLite's codes have more specific ones that begin alike. */
  readonly codes: RegExp;
  readonly text: string;
}

export const openingStore = (dataDir: string): readonly Sentence[] => [
  {
    codes: /^(EACCES|EPERM|EROFS|ENOENT|ENOSPC|SQLITE_(CANTOPEN|READONLY|FULL))/,
    text: `This process cannot write to DATA_DIR=${dataDir}. Give it a folder that it may write to, with room in it.`,
  },
  { codes: /^(EEXIST|ENOTDIR)/, text: `DATA_DIR=${dataDir} is a file, or lies below one. Name a folder.` },
  {
    codes: /^(SQLITE_(NOTADB|CORRUPT)|NOT_A_STORE)/,
    text: `${dataDir}/store.db is no store of this program, or is damaged. Restore it, or set another DATA_DIR.`,
  },
  {
    codes: /^KEYS_TOO_OPEN/,
    text:
      `${dataDir}/keys.db, which holds the keys of personal data, can be read by others than its owner. ` +
      `Find out who may have read it, then: chmod 600 ${dataDir}/keys.db`,
  },
  {
    codes: /^NOT_A_KEY_FILE/,
    text:
      `${dataDir}/keys.db holds no keys of this program, or is damaged. Restore it: without it no personal data ` +
      'in the store can be read.',
  },
];

export const sendingMail: readonly Sentence[] = [
  {
    // Not shown: it may hold a password.
    codes: /^SMTP_URL_INVALID/,
    text: 'SMTP_URL is not valid: it must be like smtp://user:password@host:587 (see .env.example).',
  },
  {
    codes: /^MAIL_FROM_INVALID/,
    text: 'MAIL_FROM is not valid: it must be one address, like Orders <orders@shop.example> (see .env.example).',
  },
];

export const listening = (host: string, port: number): readonly Sentence[] => [
  { codes: /^EADDRINUSE/, text: `PORT=${port} is in use on ${host}: stop what listens there, or set PORT.` },
  { codes: /^(EADDRNOTAVAIL|ENOTFOUND)/, text: `HOST=${host} is not an address of this machine.` },
  { codes: /^EACCES/, text: `This process may not listen on PORT=${port}. Set another, such as 8080.` },
];

export const servingRegistry = (host: string, port: number): readonly Sentence[] => [
  {
    codes: /^EADDRINUSE/,
    text: `REGISTRY_PORT=${port} is in use on ${host}: stop what listens there, or set REGISTRY_PORT (0 turns the schema registry's REST API off).`,
  },
  {
    codes: /^EACCES/,
    text: `This process may not listen on REGISTRY_PORT=${port}. Set another, such as 8081 (0 turns the schema registry's REST API off).`,
  },
];

export const servingOps = (host: string, port: number): readonly Sentence[] => [
  {
    codes: /^EADDRINUSE/,
    text: `OPS_PORT=${port} is in use on ${host}: stop what listens there, or set OPS_PORT (0: no metrics).`,
  },
  { codes: /^(EADDRNOTAVAIL|ENOTFOUND)/, text: `OPS_HOST=${host} is not an address of this machine.` },
  {
    codes: /^EACCES/,
    text: `This process may not listen on OPS_PORT=${port}. Set another, such as 9100 (0: no metrics).`,
  },
];

/** Faults that a user can mend are told in a sentence, as CannotStart; others pass as they are. */
export const orExplain = async <Result>(
  step: () => Result | Promise<Result>,
  sentences: readonly Sentence[],
): Promise<Result> => {
  try {
    return await step();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const sentence = sentences.find(({ codes }) => codes.test(code));
    throw sentence === undefined ? error : new CannotStart(sentence.text, error);
  }
};
