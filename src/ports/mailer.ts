/** A message to one person. It holds personal data: it is neither logged nor stored unless sealed. */
export interface Mail {
  /** Also the idempotency key where the mailer has one: the same mail twice is one mail. */
  readonly id: string;
  readonly customerId: string;
  readonly to: { readonly name: string; readonly email: string };
  readonly subject: string;
  readonly text: string;
}

export interface Mailer {
  /** Resolves when the mail has been taken over. May be called again for the same mail. @throws MailRefused, MailUnavailable */
  send(mail: Mail): Promise<void>;
  /** Of the mails with these ids those that can still be read; none where the mailer keeps none. */
  sent(ids: readonly string[]): Promise<readonly Mail[]>;
}

/** No mail can be sent at present; trying again later may help. Its message names no recipient. */
export class MailUnavailable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MailUnavailable';
  }
}

/** The mail server will never take this mail: trying again does not help. Its detail names no recipient. */
export class MailRefused extends Error {
  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(detail);
    this.name = 'MailRefused';
  }
}
