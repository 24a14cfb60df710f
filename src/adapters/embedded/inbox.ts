import { type Inbox } from '../../ports/inbox.js';
import { whenFree } from './busy.js';
import { type Database } from './database.js';
import { type GroupCommit } from './group-commit.js';

/** So that no transaction lasts long. */
const mostAtOnce = 500;

export class EmbeddedInbox implements Inbox {
  private readonly select;
  private readonly insert;
  private readonly removeSome;

  constructor(
    db: Database,
    private readonly commits: GroupCommit,
  ) {
    this.select = db
      .prepare<[string, string], string>(
        `SELECT event_id FROM inbox
         WHERE consumer_group = ? AND event_id IN (SELECT value FROM json_each(?))`,
      )
      .pluck();
    this.insert = db.prepare<[string, string, number]>(
      'INSERT INTO inbox (consumer_group, event_id, added_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.removeSome = db.prepare<{ group: string; before: number; limit: number }>(
      `DELETE FROM inbox WHERE consumer_group = @group AND event_id IN
         (SELECT event_id FROM inbox WHERE consumer_group = @group AND added_at < @before LIMIT @limit)`,
    );
  }

  seen(group: string, eventIds: readonly string[]): Promise<ReadonlySet<string>> {
    return whenFree(() => new Set(this.select.all(group, JSON.stringify(eventIds))));
  }

  async add(group: string, eventId: string): Promise<void> {
    await this.commits.write(() => this.insert.run(group, eventId, Date.now()));
  }

  async forgetBefore(group: string, timestamp: number): Promise<void> {
    const forgetSome = () =>
      this.commits.write(() => this.removeSome.run({ group, before: timestamp, limit: mostAtOnce }).changes);
    while ((await forgetSome()) === mostAtOnce);
  }
}
