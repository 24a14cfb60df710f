import { createTransport } from 'nodemailer';
import addressparser from 'nodemailer/lib/addressparser';
import { type Mail, type Mailer, MailRefused, MailUnavailable } from '../../ports/mailer.js';

export interface SmtpOptions {
  /** `smtp://user:password@host:587`, or `smtps:`. */
  readonly url: string;
  /** `Orders <orders@shop.example>` */
  readonly from: string;
}

/** `code` says which setting it is, for whoever explains it to an operator. */
export class SmtpMisconfigured extends Error {
  constructor(readonly code: 'SMTP_URL_INVALID' | 'MAIL_FROM_INVALID') {
    super(code);
    this.name = 'SmtpMisconfigured';
  }
}

const connectTimeoutMs = 10_000;
const silenceTimeoutMs = 30_000;

/**
 * Mail over SMTP, by a pool of connections. SMTP has no idempotency key: a mail whose acceptance was lost on the way
 * is delivered twice, with one Message-ID, by which mail programs and later servers can tell.
 *
 * Servers quote addresses in their answers, so nothing of an answer but its codes goes into errors.
 */
export class SmtpMailer implements Mailer {
  private readonly transport;
  private readonly domain: string;

  /** @throws SmtpMisconfigured */
  constructor({ url, from }: SmtpOptions) {
    if (!/^smtps?:$/.test(protocolOf(url))) throw new SmtpMisconfigured('SMTP_URL_INVALID');
    const [sender, ...others] = addressparser(from, { flatten: true });
    const domain = /^[^@\s]+@([^@\s]+)$/.exec(sender?.address ?? '')?.[1];
    if (domain === undefined || others.length > 0) throw new SmtpMisconfigured('MAIL_FROM_INVALID');
    this.domain = domain;
    this.transport = createTransport(
      {
        url,
        pool: true,
        // Whoever asked tries again; trying here too would multiply.
        maxRequeues: 0,
        connectionTimeout: connectTimeoutMs,
        greetingTimeout: connectTimeoutMs,
        socketTimeout: silenceTimeoutMs,
        disableFileAccess: true,
        disableUrlAccess: true,
      },
      { from },
    );
  }

  async send({ id, to, subject, text }: Mail): Promise<void> {
    try {
      await this.transport.sendMail({
        messageId: `<${id}@${this.domain}>`,
        to: { name: to.name, address: to.email },
        subject,
        text,
      });
    } catch (error) {
      throw fault(error);
    }
  }

  /** SMTP keeps nothing. */
  sent(): Promise<readonly Mail[]> {
    return Promise.resolve([]);
  }

  close(): void {
    this.transport.close();
  }
}

const protocolOf = (url: string): string => {
  try {
    return new URL(url).protocol;
  } catch {
    return '';
  }
};

/** What nodemailer says of a failure, beside texts that may hold addresses. */
interface SmtpError {
  readonly code?: unknown;
  readonly originalCode?: unknown;
  readonly command?: unknown;
  readonly responseCode?: unknown;
  readonly response?: unknown;
}

/** The recipient or the mail itself is refused for good; a refused login or sender is no fault of the mail. */
const fault = (error: unknown): Error => {
  const { code, originalCode, command, responseCode, response } = error as SmtpError;
  const reply = typeof responseCode === 'number' ? responseCode : undefined;
  const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(
    typeof response === 'string' ? response : '',
  )?.[1];
  const answer = [reply, enhanced].filter((part) => part !== undefined).join(' ');
  const ofTheMail = command === 'RCPT TO' || command === 'DATA';
  if (reply !== undefined && reply >= 500 && ofTheMail) {
    const what = command === 'DATA' ? 'the mail' : 'the recipient';
    return new MailRefused(`SMTP_${reply}`, `The mail server refused ${what} for good (${answer}).`);
  }
  if (reply === undefined && code === 'EENVELOPE') {
    return new MailRefused('ADDRESS_INVALID', 'The address is none that mail can be sent to.');
  }
  const known = [originalCode, code].find((each) => typeof each === 'string') ?? 'unknown fault';
  const why = answer === '' ? known : answer;
  const where = typeof command === 'string' ? ` at ${command}` : '';
  return new MailUnavailable(`The mail server did not take the mail${where} (${why}).`);
};
