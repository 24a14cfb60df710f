import {
  type DeadLetter,
  type DeadLetterCounts,
  type DeadLetterFilter,
  type DeadLetterPage,
  type DeadLetters,
  type DeadLetterState,
  type DueLetter,
  type Failure,
  type FailureGroup,
  type Parking,
} from '../../ports/dead-letters.js';
import { type Headers, type TopicPartition } from '../../ports/message-log.js';
import { InvalidCursor } from '../../ports/views.js';
import { letterId } from '../dead-letters/letter-id.js';
import { whenFree } from './busy.js';
import { type Database } from './database.js';
import { type GroupCommit } from './group-commit.js';

interface Row {
  readonly seq: number;
  readonly id: string;
  readonly consumer_group: string;
  readonly topic: string;
  readonly partition: number;
  readonly message_offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: string;
  readonly event_id: string;
  readonly event_type: string | null;
  readonly state: DeadLetterState;
  readonly attempts: number;
  readonly last_attempts: number | null;
  readonly error_class: string | null;
  readonly cause_class: string | null;
  readonly error_message: string | null;
  readonly stack: string | null;
  readonly fingerprint: string | null;
  readonly parked_at: number;
  readonly first_failed_at: number | null;
  readonly last_failed_at: number | null;
}

type NewRow = Omit<Row, 'seq'>;

const columns = [
  ...['id', 'consumer_group', 'topic', 'partition', 'message_offset', 'timestamp', 'key', 'value', 'headers'],
  ...['event_id', 'event_type', 'state', 'attempts', 'last_attempts', 'error_class', 'cause_class'],
  ...['error_message', 'stack', 'fingerprint', 'parked_at', 'first_failed_at', 'last_failed_at'],
];

const sameQueue = (one: string, other: string): string =>
  ['consumer_group', 'topic', 'partition', 'key']
    .map((name) => `${one}.${name} = ${other}.${name}`)
    .join(' AND ');

const isFirst = `NOT EXISTS (SELECT 1 FROM dead_letters earlier
  WHERE ${sameQueue('earlier', 'letter')} AND earlier.message_offset < letter.message_offset)`;

/** So that no transaction lasts long. */
const mostAtOnce = 500;

export class EmbeddedDeadLetters implements DeadLetters {
  private readonly insert;
  private readonly selectFirstParked;
  private readonly selectBlocked;
  private readonly selectDue;
  private readonly selectOne;
  private readonly updateFailed;
  private readonly deleteOne;
  private readonly wakeNext;
  private readonly selectRate;
  private readonly upsertRate;
  private readonly deleteRate;

  constructor(
    private readonly db: Database,
    private readonly commits: GroupCommit,
  ) {
    this.insert = db.prepare<NewRow>(
      `INSERT INTO dead_letters (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})
       ON CONFLICT DO NOTHING`,
    );
    this.selectFirstParked = db
      .prepare<[string, string, number, Buffer | null], number>(
        `SELECT message_offset FROM dead_letters
         WHERE consumer_group = ? AND topic = ? AND partition = ? AND key = ?
         ORDER BY message_offset LIMIT 1`,
      )
      .pluck();
    this.selectBlocked = db
      .prepare<[string, string, number, string], [queue: string, offset: number]>(
        `SELECT lower(hex(key)), min(message_offset) FROM dead_letters
         WHERE consumer_group = ? AND topic = ? AND partition = ?
           AND key IN (SELECT unhex(value) FROM json_each(?))
         GROUP BY key`,
      )
      .raw();
    this.selectDue = db.prepare<[string, string, number], DueRow>(
      `SELECT id, topic, partition, key, event_id FROM dead_letters letter
       WHERE consumer_group = ? AND state = 'due' AND (topic, partition) IN
         (SELECT json_extract(value, '$.topic'), json_extract(value, '$.partition') FROM json_each(?))
         AND ${isFirst}
       ORDER BY seq LIMIT ?`,
    );
    this.selectOne = db.prepare<[string], Row>('SELECT * FROM dead_letters WHERE id = ?');
    this.updateFailed = db.prepare<FailureColumns & { id: string; at: number }>(
      `UPDATE dead_letters SET state = 'failed', attempts = attempts + @last_attempts,
         ${failureColumns.map((name) => `${name} = @${name}`).join(', ')},
         first_failed_at = coalesce(first_failed_at, @at), last_failed_at = @at
       WHERE id = @id`,
    );
    this.deleteOne = db.prepare<[string], Row>('DELETE FROM dead_letters WHERE id = ? RETURNING *');
    this.wakeNext = db.prepare<[string, string, number, Buffer | null]>(
      `UPDATE dead_letters AS letter SET state = 'due'
       WHERE consumer_group = ? AND topic = ? AND partition = ? AND key = ? AND state = 'waiting'
         AND ${isFirst}`,
    );
    this.selectRate = db.prepare<[string], RateRow>(
      'SELECT per_second, next_at FROM dead_letter_rates WHERE consumer_group = ?',
    );
    this.upsertRate = db.prepare<[string, number, number]>(
      'INSERT OR REPLACE INTO dead_letter_rates (consumer_group, per_second, next_at) VALUES (?, ?, ?)',
    );
    this.deleteRate = db.prepare<[string]>('DELETE FROM dead_letter_rates WHERE consumer_group = ?');
  }

  async park(parking: Parking, failure: Failure, at: number): Promise<void> {
    const row = newRow(parking, at);
    const failed = {
      ...row,
      ...columnsOf(failure),
      state: 'failed' as const,
      attempts: failure.attempts,
      first_failed_at: at,
      last_failed_at: at,
    };
    // Only the first of a queue may be tried, so only that one can have failed.
    await this.commits.write(() => this.insert.run(this.isBehind(row) ? row : failed));
  }

  parkBehind(parking: Parking, at: number): Promise<boolean> {
    const row = newRow(parking, at);
    return this.commits.write(() => {
      const first = this.firstOf(row);
      if (first === undefined || first > row.message_offset) return false;
      this.insert.run(row);
      return true;
    });
  }

  blocked(
    group: string,
    { topic, partition }: TopicPartition,
    keys: readonly Buffer[],
  ): Promise<ReadonlyMap<string, number>> {
    const hex = JSON.stringify(keys.map((key) => key.toString('hex')));
    return whenFree(() => new Map(this.selectBlocked.all(group, topic, partition, hex)));
  }

  due(group: string, partitions: readonly TopicPartition[], limit: number): Promise<readonly DueLetter[]> {
    const owned = JSON.stringify(partitions.map(({ topic, partition }) => ({ topic, partition })));
    return whenFree(() =>
      this.selectDue.all(group, owned, limit).map(({ event_id: eventId, ...row }) => ({ ...row, eventId })),
    );
  }

  get(id: string): Promise<DeadLetter | undefined> {
    return whenFree(() => {
      const row = this.selectOne.get(id);
      return row && toLetter(row);
    });
  }

  async failedAgain(id: string, failure: Failure, at: number): Promise<void> {
    await this.commits.write(() => this.updateFailed.run({ ...columnsOf(failure), id, at }));
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (let start = 0; start < ids.length; start += mostAtOnce) {
      const some = ids.slice(start, start + mostAtOnce);
      await this.commits.write(() => {
        const removed = some.flatMap((id) => this.deleteOne.all(id));
        // Afterwards, so that none is woken that goes itself.
        for (const { consumer_group, topic, partition, key } of removed)
          this.wakeNext.run(consumer_group, topic, partition, key);
      });
    }
  }

  find(
    filter: DeadLetterFilter,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<DeadLetterPage> {
    const { sql, bound } = conditions(filter);
    const after = cursor === undefined ? 0 : parseCursor(cursor);
    return whenFree(() => {
      const rows = this.db
        .prepare<Bound[], Row>(`SELECT * FROM dead_letters WHERE ${sql} AND seq > ? ORDER BY seq LIMIT ?`)
        // One more than wanted tells whether there is another page.
        .all(...bound, after, limit + 1);
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(toLetter),
        nextCursor: last !== undefined && rows.length > page.length ? String(last.seq) : null,
      };
    });
  }

  count(filter: DeadLetterFilter): Promise<DeadLetterCounts> {
    const { sql, bound } = conditions(filter);
    return whenFree(() => {
      const rows = this.db
        .prepare<Bound[], [DeadLetterState, number]>(
          `SELECT state, count(*) FROM dead_letters WHERE ${sql} GROUP BY state`,
        )
        .raw()
        .all(...bound);
      return { failed: 0, due: 0, waiting: 0, ...Object.fromEntries(rows) };
    });
  }

  failures(filter: DeadLetterFilter, limit: number): Promise<readonly FailureGroup[]> {
    const { sql, bound } = conditions(filter);
    return whenFree(() =>
      this.db
        // Beside max(), SQLite takes the other columns from the row that has it (https://sqlite.org/lang_select.html#bareagg).
        .prepare<Bound[], FailureGroup>(
          `SELECT consumer_group AS "group", topic, event_type AS eventType, fingerprint,
             error_class AS errorClass, error_message AS message, id AS example,
             count(*) AS failed, sum(behind) AS waiting,
             min(first_failed_at) AS firstFailedAt, max(last_failed_at) AS lastFailedAt
           FROM (
             SELECT letter.*, (
               SELECT count(*) FROM dead_letters later
               WHERE ${sameQueue('later', 'letter')} AND later.message_offset > letter.message_offset
             ) AS behind
             FROM dead_letters letter
             WHERE ${sql} AND fingerprint IS NOT NULL
           )
           GROUP BY consumer_group, topic, fingerprint
           ORDER BY lastFailedAt DESC, example LIMIT ?`,
        )
        .all(...bound, limit),
    );
  }

  async redrive(filter: DeadLetterFilter, perSecond: number | null): Promise<number> {
    if (filter.state !== undefined && filter.state !== 'failed') return 0;
    const { sql, bound } = conditions({ ...filter, state: 'failed' });
    const some = `id IN (SELECT id FROM dead_letters WHERE ${sql} LIMIT ${mostAtOnce})`;
    const groups = this.db
      .prepare<Bound[], string>(`SELECT DISTINCT consumer_group FROM dead_letters WHERE ${sql}`)
      .pluck();
    const update = this.db.prepare<Bound[]>(`UPDATE dead_letters SET state = 'due' WHERE ${some}`);
    const redriveSome = () =>
      this.commits.write(() => {
        for (const group of groups.all(...bound)) {
          if (perSecond === null) this.deleteRate.run(group);
          else this.upsertRate.run(group, perSecond, 0);
        }
        return update.run(...bound).changes;
      });
    let total = 0;
    for (;;) {
      const changed = await redriveSome();
      total += changed;
      if (changed < mostAtOnce) return total;
    }
  }

  async permit(group: string, at: number): Promise<number> {
    if ((await whenFree(() => this.selectRate.get(group))) === undefined) return 0;
    return this.commits.write(() => {
      const rate = this.selectRate.get(group);
      if (rate === undefined) return 0;
      if (rate.next_at > at) return Math.ceil(rate.next_at - at);
      this.upsertRate.run(group, rate.per_second, at + 1_000 / rate.per_second);
      return 0;
    });
  }

  private isBehind(row: NewRow): boolean {
    const first = this.firstOf(row);
    return first !== undefined && first < row.message_offset;
  }

  private firstOf({ consumer_group, topic, partition, key }: NewRow): number | undefined {
    return this.selectFirstParked.get(consumer_group, topic, partition, key);
  }
}

type DueRow = Omit<DueLetter, 'eventId'> & { readonly event_id: string };

interface RateRow {
  readonly per_second: number;
  readonly next_at: number;
}

const failureColumns = [
  'last_attempts',
  'error_class',
  'cause_class',
  'error_message',
  'stack',
  'fingerprint',
] as const;
type FailureColumns = Pick<Row, (typeof failureColumns)[number]>;

const columnsOf = (failure: Failure): FailureColumns => ({
  last_attempts: failure.attempts,
  error_class: failure.errorClass,
  cause_class: failure.causeClass,
  error_message: failure.message,
  stack: failure.stack,
  fingerprint: failure.fingerprint,
});

/** Of one that waits behind another. */
const newRow = ({ group, message, eventId, eventType }: Parking, at: number): NewRow => ({
  id: letterId(group, message),
  consumer_group: group,
  topic: message.topic,
  partition: message.partition,
  message_offset: message.offset,
  timestamp: message.timestamp,
  key: message.key,
  value: message.value,
  headers: JSON.stringify(message.headers.map(([name, value]) => [name, value.toString('base64')])),
  event_id: eventId,
  event_type: eventType,
  state: 'waiting',
  attempts: 0,
  last_attempts: null,
  error_class: null,
  cause_class: null,
  error_message: null,
  stack: null,
  fingerprint: null,
  parked_at: at,
  first_failed_at: null,
  last_failed_at: null,
});

const toLetter = (row: Row): DeadLetter => ({
  id: row.id,
  group: row.consumer_group,
  message: {
    topic: row.topic,
    partition: row.partition,
    offset: row.message_offset,
    timestamp: row.timestamp,
    key: row.key,
    value: row.value,
    headers: parseHeaders(row.headers),
  },
  eventId: row.event_id,
  eventType: row.event_type,
  state: row.state,
  failure: toFailure(row),
  attempts: row.attempts,
  parkedAt: row.parked_at,
  firstFailedAt: row.first_failed_at,
  lastFailedAt: row.last_failed_at,
});

const toFailure = (row: Row): Failure | null =>
  row.fingerprint === null
    ? null
    : {
        errorClass: row.error_class ?? '',
        causeClass: row.cause_class,
        message: row.error_message ?? '',
        stack: row.stack ?? '',
        fingerprint: row.fingerprint,
        attempts: row.last_attempts ?? 0,
      };

const parseHeaders = (text: string): Headers =>
  (JSON.parse(text) as readonly [string, string][]).map(([name, value]) => [
    name,
    Buffer.from(value, 'base64'),
  ]);

type Bound = string | number | Buffer | null;

/** A WHERE clause without the word, and what is bound to its question marks. */
const conditions = (filter: DeadLetterFilter): { readonly sql: string; readonly bound: readonly Bound[] } => {
  const all: readonly (readonly [sql: string, value: Bound | undefined])[] = [
    ['id IN (SELECT value FROM json_each(?))', filter.ids && JSON.stringify(filter.ids)],
    ['consumer_group = ?', filter.group],
    ['topic = ?', filter.topic],
    ['key = ?', filter.key === undefined ? undefined : Buffer.from(filter.key)],
    ['event_type = ?', filter.eventType],
    ['error_class = ?', filter.errorClass],
    ['fingerprint = ?', filter.failure],
    ['coalesce(last_failed_at, parked_at) >= ?', filter.since],
    ['coalesce(last_failed_at, parked_at) <= ?', filter.until],
    ['state = ?', filter.state],
  ];
  const given = all.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  return {
    sql: ['TRUE', ...given.map(({ sql }) => sql)].join(' AND '),
    bound: given.map(({ value }) => value),
  };
};

const parseCursor = (cursor: string): number => {
  if (!/^\d{1,15}$/.test(cursor)) throw new InvalidCursor();
  return Number(cursor);
};
