import { type Sealed } from '../../kernel/sealed.js';
import { type Keys } from '../../ports/keys.js';
import { type Mail } from '../../ports/mailer.js';

/** A mail under the key of its customer, as an outbox keeps it. */
export interface SealedMail {
  readonly id: string;
  readonly customer: string;
  readonly mail: Sealed;
}

export const sealMail = async (keys: Keys, { id, customerId, ...content }: Mail): Promise<SealedMail> => ({
  id,
  customer: customerId,
  mail: await keys.seal(customerId, purposeOf(id), JSON.stringify(content)),
});

/** Those that can still be read. */
export const openMails = async (keys: Keys, sealed: readonly SealedMail[]): Promise<readonly Mail[]> => {
  const mails = await Promise.all(sealed.map((each) => openMail(keys, each)));
  return mails.filter((mail) => mail !== undefined);
};

const openMail = async (keys: Keys, { id, customer, mail }: SealedMail): Promise<Mail | undefined> => {
  const text = await keys.open(customer, purposeOf(id), mail);
  // The seal proves that sealMail wrote it.
  return text === undefined
    ? undefined
    : { id, customerId: customer, ...(JSON.parse(text) as Omit<Mail, 'id' | 'customerId'>) };
};

const purposeOf = (mailId: string): string => `mail-${mailId}`;
