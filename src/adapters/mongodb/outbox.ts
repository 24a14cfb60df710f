import { type Collection, type Db } from 'mongodb';
import { type Sealed } from '../../kernel/sealed.js';
import { type Keys } from '../../ports/keys.js';
import { type Mail, type Mailer } from '../../ports/mailer.js';
import { openMails, sealMail } from '../sealing/sealed-mail.js';
import { isTaken, translated } from './faults.js';

interface Row {
  readonly _id: string;
  readonly customer: string;
  readonly mail: Sealed;
}

/** A mailer that sends nothing: mails are kept, sealed under the customer's key, for whoever wants to look. */
export class MongoOutbox implements Mailer {
  private readonly mails: Collection<Row>;

  constructor(
    db: Db,
    private readonly keys: Keys,
  ) {
    this.mails = db.collection<Row>('outbox');
  }

  /** A mail with an id that is there already is the same mail. */
  async send(mail: Mail): Promise<void> {
    const { id: _id, ...sealed } = await sealMail(this.keys, mail);
    await translated(async () => {
      try {
        await this.mails.insertOne({ _id, ...sealed });
      } catch (error) {
        if (!isTaken(error)) throw error;
      }
    });
  }

  async sent(ids: readonly string[]): Promise<readonly Mail[]> {
    const rows = await translated(() => this.mails.find({ _id: { $in: ids } }).toArray());
    return openMails(
      this.keys,
      rows.map(({ _id: id, ...sealed }) => ({ id, ...sealed })),
    );
  }
}
