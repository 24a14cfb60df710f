import { type Keys } from '../../ports/keys.js';
import { type Mail, type Mailer } from '../../ports/mailer.js';
import { openMails, type SealedMail, sealMail } from '../sealing/sealed-mail.js';
import { whenFree } from './busy.js';
import { type Database } from './database.js';
import { type GroupCommit } from './group-commit.js';

/** A mailer that sends nothing: mails are kept, sealed under the customer's key, for whoever wants to look. */
export class EmbeddedOutbox implements Mailer {
  private readonly insert;
  private readonly select;

  constructor(
    db: Database,
    private readonly commits: GroupCommit,
    private readonly keys: Keys,
  ) {
    this.insert = db.prepare<SealedMail>(
      'INSERT INTO outbox (id, customer, mail) VALUES (@id, @customer, @mail) ON CONFLICT DO NOTHING',
    );
    this.select = db.prepare<[string], SealedMail>(
      'SELECT id, customer, mail FROM outbox WHERE id IN (SELECT value FROM json_each(?))',
    );
  }

  /** A mail with an id that is there already is the same mail. */
  async send(mail: Mail): Promise<void> {
    const sealed = await sealMail(this.keys, mail);
    await this.commits.write(() => this.insert.run(sealed));
  }

  async sent(ids: readonly string[]): Promise<readonly Mail[]> {
    return openMails(this.keys, await whenFree(() => this.select.all(JSON.stringify(ids))));
  }
}
