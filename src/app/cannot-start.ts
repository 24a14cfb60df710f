/** The machine does not allow what the configuration asks for; the message says what to change. */
export class CannotStart extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'CannotStart';
  }
}

/** The error's message is a sentence for whoever starts the program. */
export const asCannotStart = (error: unknown): unknown =>
  error instanceof CannotStart || !(error instanceof Error) ? error : new CannotStart(error.message, error);

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

interface Listener {
  readonly host: string;
  readonly port: number;
  /** The settings that say so. */
  readonly portName: string;
  readonly hostName?: string;
  readonly example: number;
  /** What can be done without the port. */
  readonly orElse?: string;
}

const listeningAs = ({
  host,
  port,
  portName,
  hostName,
  example,
  orElse = '',
}: Listener): readonly Sentence[] => [
  {
    codes: /^EADDRINUSE/,
    text: `${portName}=${port} is in use on ${host}: stop what listens there, or set ${portName}${orElse}.`,
  },
  ...(hostName === undefined
    ? []
    : [
        {
          codes: /^(EADDRNOTAVAIL|ENOTFOUND)/,
          text: `${hostName}=${host} is not an address of this machine.`,
        },
      ]),
  {
    codes: /^EACCES/,
    text: `This process may not listen on ${portName}=${port}. Set another, such as ${example}${orElse}.`,
  },
];

export const listening = (host: string, port: number): readonly Sentence[] =>
  listeningAs({ host, port, portName: 'PORT', hostName: 'HOST', example: 8080 });

export const servingRegistry = (host: string, port: number): readonly Sentence[] =>
  listeningAs({
    ...{ host, port, portName: 'REGISTRY_PORT', example: 8081 },
    orElse: " (0 turns the schema registry's REST API off)",
  });

export const servingOps = (host: string, port: number): readonly Sentence[] =>
  listeningAs({
    ...{ host, port, portName: 'OPS_PORT', hostName: 'OPS_HOST', example: 9100 },
    orElse: ' (0: no metrics)',
  });

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
