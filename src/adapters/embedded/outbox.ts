import { type Sealed } from '../../kernel/sealed.js';
import { type Keys } from '../../ports/keys.js';
import { type Mail, type Mailer } from '../../ports/mailer.js';
import { whenFree } from './busy.js';
import { type Database } from './database.js';
import { type GroupCommit } from './group-commit.js';

interface Row {
  readonly id: string;
  readonly customer: string;
  readonly mail: Sealed;
}

/** A mailer that sends nothing: mails are kept, sealed under the customer's key, for whoever wants to look. */
export class EmbeddedOutbox implements Mailer {
  private readonly insert;
  private readonly select;

  constructor(
    db: Database,
    private readonly commits: GroupCommit,
    private readonly keys: Keys,
  ) {
    this.insert = db.prepare<[string, string, Sealed]>(
      'INSERT INTO outbox (id, customer, mail) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.select = db.prepare<[string], Row>(
      'SELECT id, customer, mail FROM outbox WHERE id IN (SELECT value FROM json_each(?))',
    );
  }

  /** A mail with an id that is there already is the same mail. */
  async send({ id, customerId, ...content }: Mail): Promise<void> {
    const sealed = await this.keys.seal(customerId, purposeOf(id), JSON.stringify(content));
    await this.commits.write(() => this.insert.run(id, customerId, sealed));
  }

  async sent(ids: readonly string[]): Promise<readonly Mail[]> {
    const rows = await whenFree(() => this.select.all(JSON.stringify(ids)));
    const mails = await Promise.all(rows.map((row) => this.open(row)));
    return mails.filter((mail) => mail !== undefined);
  }

  private async open({ id, customer, mail }: Row): Promise<Mail | undefined> {
    const text = await this.keys.open(customer, purposeOf(id), mail);
    // The seal proves that this class wrote it.
    return text === undefined
      ? undefined
      : { id, customerId: customer, ...(JSON.parse(text) as Omit<Mail, 'id' | 'customerId'>) };
  }
}

const purposeOf = (mailId: string): string => `mail-${mailId}`;
