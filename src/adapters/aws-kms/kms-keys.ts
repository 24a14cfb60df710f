import { type Sealed } from '../../kernel/sealed.js';
import { type Keys } from '../../ports/keys.js';
import {
  CustomerKey,
  type FoundKey,
  keyIdOf,
  type KeyMaterial,
  newKey,
  openWith,
  secretBytes,
  type Secrets,
} from '../sealing/sealing.js';
import { type KmsWrapping } from './kms-wrapping.js';

export interface KmsKeysLimits {
  /** How long an unwrapped key serves before KMS is asked again. */
  readonly longestMs: number;
  /** The most that are unwrapped at a time. */
  readonly most: number;
  readonly now: () => number;
}

interface Unwrapped {
  readonly key: Promise<CustomerKey | undefined>;
  readonly until: number;
}

/**
 * Envelope encryption: each customer's secret is made by KMS and kept as KMS has wrapped it. A secret is unwrapped when
 * it is used, and remembered for a while; whether it is still there is looked up with every use, so that what one
 * process forgets, none can open any more. A secret from before KMS was used stays as it is.
 */
export class KmsKeys implements Keys {
  /** By the id of the key; the one that was unwrapped first comes first. */
  private readonly unwrapped = new Map<string, Unwrapped>();

  constructor(
    private readonly secrets: Secrets,
    private readonly wrapping: Pick<KmsWrapping, 'make' | 'unwrap'>,
    private readonly limits: KmsKeysLimits = {
      longestMs: 300_000,
      most: 10_000,
      now: () => performance.now(),
    },
  ) {}

  async seal(customerId: string, purpose: string, plaintext: string): Promise<Sealed> {
    return (await this.keyOf(customerId)).seal(purpose, plaintext);
  }

  async open(customerId: string, purpose: string, sealed: Sealed): Promise<string | undefined> {
    const id = keyIdOf(sealed);
    return openWith(id === undefined ? 'unknown' : await this.withId(id), customerId, purpose, sealed);
  }

  async fingerprint(customerId: string, text: string): Promise<string> {
    return (await this.keyOf(customerId)).fingerprint(text);
  }

  forget(customerId: string): Promise<boolean> {
    return this.secrets.forget(customerId);
  }

  private async keyOf(customerId: string): Promise<CustomerKey> {
    const held = (await this.secrets.held(customerId)) ?? (await this.make(customerId));
    const key = await this.unwrap(customerId, held);
    if (key !== undefined) return key;
    throw new Error(
      `The key of ${customerId} cannot be unwrapped: it is damaged, or KEYS_KMS_KEY_ID is another.`,
    );
  }

  private async make(customerId: string): Promise<KeyMaterial> {
    const { id } = newKey();
    const { secret, wrapped } = await this.wrapping.make(customerId);
    const held = await this.secrets.hold(customerId, { id, secret: wrapped });
    if (held.id === id) this.remember(id, Promise.resolve(new CustomerKey(customerId, id, secret)));
    return held;
  }

  private async withId(id: string): Promise<FoundKey> {
    const found = await this.secrets.withId(id);
    if (typeof found === 'string') {
      this.unwrapped.delete(id);
      return found;
    }
    return (await this.unwrap(found.customer, { id, secret: found.secret })) ?? 'unknown';
  }

  private unwrap(customer: string, { id, secret }: KeyMaterial): Promise<CustomerKey | undefined> {
    if (secret.length === secretBytes) return Promise.resolve(new CustomerKey(customer, id, secret));
    const known = this.unwrapped.get(id);
    if (known !== undefined && known.until > this.limits.now()) return known.key;
    const key = this.wrapping
      .unwrap(customer, secret)
      .then((plain) => plain && new CustomerKey(customer, id, plain));
    this.remember(id, key);
    // A failure is not remembered: the next use asks KMS again.
    key.catch(() => {
      if (this.unwrapped.get(id)?.key === key) this.unwrapped.delete(id);
    });
    return key;
  }

  private remember(id: string, key: Promise<CustomerKey | undefined>): void {
    const { longestMs, most, now } = this.limits;
    this.unwrapped.delete(id);
    this.unwrapped.set(id, { key, until: now() + longestMs });
    for (const [first, { until }] of this.unwrapped) {
      if (this.unwrapped.size <= most && until > now()) break;
      this.unwrapped.delete(first);
    }
  }
}
