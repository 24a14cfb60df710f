import { type Sealed } from '../kernel/sealed.js';

/** A key for each customer, under which personal data leaves the process. */
export interface Keys {
  /**
   * Encrypts under the customer's key, which is made when there is none.
   * @param purpose where it belongs (`order-42/contact`): ciphertext that is put elsewhere does not open
   */
  seal(customerId: string, purpose: string, plaintext: string): Promise<Sealed>;
  /** undefined when the key has been forgotten. @throws UnreadableSeal when it is damaged or belongs elsewhere. */
  open(customerId: string, purpose: string, sealed: Sealed): Promise<string | undefined>;
  /** The same text of the same customer gives the same digest, which means nothing once the key is forgotten. */
  fingerprint(customerId: string, text: string): Promise<string>;
  /** For good: what was sealed for the customer cannot be read again. false when there was no key. */
  forget(customerId: string): Promise<boolean>;
}

export class UnreadableSeal extends Error {
  constructor(customerId: string, purpose: string) {
    super(`What is sealed for ${customerId} as ${purpose} is damaged, or was sealed for something else.`);
    this.name = 'UnreadableSeal';
  }
}
