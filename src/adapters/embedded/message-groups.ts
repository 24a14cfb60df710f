import { type GroupStatus, type TopicOffset } from '../../ports/message-log.js';
import { type Database } from './database.js';
import { isDead } from './leases.js';
import { type Topic } from './message-rows.js';
import { shareOut, type Sharer } from './share-out.js';

interface MemberRow {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface PartitionRow {
  readonly topic: number;
  readonly partition: number;
  readonly committed: number | null;
  readonly owner: string | null;
  readonly target: string | null;
}

interface NamedRow {
  readonly topic: string;
  readonly partition: number;
  readonly committed: number | null;
  readonly next: number;
  readonly owner: string | null;
}

/** A partition by the number of its topic. */
export interface Place {
  readonly topic: number;
  readonly partition: number;
}

/** Groups, their members and offsets, as they are stored. What changes something is part of a transaction. */
export class GroupRows {
  private readonly selectGroups;
  private readonly selectGeneration;
  private readonly selectMembers;
  private readonly selectTopics;
  private readonly selectPartitions;
  private readonly selectOwned;
  private readonly selectNamed;
  private readonly selectOwner;
  private readonly advance;
  private readonly countRegrouped;
  private readonly insertMember;
  private readonly insertTopic;
  private readonly insertPartition;
  private readonly deleteMember;
  private readonly deleteTopics;
  private readonly updateExpiry;
  private readonly updatePartition;
  private readonly passOn;
  private readonly updateCommitted;

  constructor(db: Database) {
    this.selectGroups = db.prepare<[], string>('SELECT name FROM consumer_groups ORDER BY name').pluck();
    this.selectGeneration = db
      .prepare<[string], number>('SELECT generation FROM consumer_groups WHERE name = ?')
      .pluck();
    this.selectMembers = db.prepare<[string], MemberRow>(
      'SELECT id, expires_at AS expiresAt FROM consumer_members WHERE consumer_group = ? ORDER BY id',
    );
    this.selectTopics = db
      .prepare<[string, string], number>(
        'SELECT topic FROM consumer_topics WHERE consumer_group = ? AND member = ? ORDER BY topic',
      )
      .pluck();
    const partitions = `SELECT topic, partition, committed, owner, target FROM consumer_partitions
      WHERE consumer_group = ?`;
    this.selectPartitions = db.prepare<[string], PartitionRow>(`${partitions} ORDER BY topic, partition`);
    this.selectOwned = db.prepare<[string, string], PartitionRow>(
      `${partitions} AND owner = ? ORDER BY topic, partition`,
    );
    this.selectNamed = db.prepare<[string], NamedRow>(
      `SELECT name AS topic, partition, committed, next, owner
       FROM consumer_partitions JOIN topic_partitions USING (topic, partition) JOIN topics ON topics.id = topic
       WHERE consumer_group = ? ORDER BY name, partition`,
    );
    this.selectOwner = db
      .prepare<[string, number, number], string | null>(
        'SELECT owner FROM consumer_partitions WHERE consumer_group = ? AND topic = ? AND partition = ?',
      )
      .pluck();
    this.advance = db.prepare<[string]>(
      `INSERT INTO consumer_groups (name, generation) VALUES (?, 1)
       ON CONFLICT (name) DO UPDATE SET generation = generation + 1`,
    );
    this.countRegrouped = db.prepare("UPDATE message_news SET count = count + 1 WHERE kind = 'regrouped'");
    this.insertMember = db.prepare<[string, string, number]>(
      'INSERT INTO consumer_members (consumer_group, id, expires_at) VALUES (?, ?, ?)',
    );
    this.insertTopic = db.prepare<[string, string, number]>(
      'INSERT OR IGNORE INTO consumer_topics (consumer_group, member, topic) VALUES (?, ?, ?)',
    );
    this.insertPartition = db.prepare<[string, number, number]>(
      'INSERT OR IGNORE INTO consumer_partitions (consumer_group, topic, partition) VALUES (?, ?, ?)',
    );
    this.deleteMember = db.prepare<[string, string]>(
      'DELETE FROM consumer_members WHERE consumer_group = ? AND id = ?',
    );
    this.deleteTopics = db.prepare<[string, string]>(
      'DELETE FROM consumer_topics WHERE consumer_group = ? AND member = ?',
    );
    this.updateExpiry = db.prepare<[number, string, string]>(
      'UPDATE consumer_members SET expires_at = ? WHERE consumer_group = ? AND id = ?',
    );
    this.updatePartition = db.prepare<[string | null, string | null, string, number, number]>(
      `UPDATE consumer_partitions SET owner = ?, target = ?
       WHERE consumer_group = ? AND topic = ? AND partition = ?`,
    );
    this.passOn = db.prepare<[string, number, number, string]>(
      `UPDATE consumer_partitions SET owner = target
       WHERE consumer_group = ? AND topic = ? AND partition = ? AND owner = ?`,
    );
    this.updateCommitted = db.prepare<[number, string, number, number]>(
      `UPDATE consumer_partitions SET committed = max(coalesce(committed, 0), ?)
       WHERE consumer_group = ? AND topic = ? AND partition = ?`,
    );
  }

  generation(group: string): number {
    return this.selectGeneration.get(group) ?? 0;
  }

  isMember(group: string, id: string): boolean {
    return this.selectMembers.all(group).some((member) => member.id === id);
  }

  /** What the member deals with or has yet to let go. */
  owned(group: string, id: string): readonly PartitionRow[] {
    return this.selectOwned.all(group, id);
  }

  hasStaleMembers(group: string): boolean {
    return this.selectMembers.all(group).some(isStale);
  }

  committed(group: string): TopicOffset[] {
    return this.selectNamed
      .all(group)
      .flatMap(({ topic, partition, committed }) =>
        committed === null ? [] : [{ topic, partition, offset: committed }],
      );
  }

  statuses(): GroupStatus[] {
    return this.selectGroups.all().map((group) => {
      const members = this.selectMembers.all(group).filter((member) => !isStale(member));
      const ids = new Set<string | null>(members.map(({ id }) => id));
      const partitions = this.selectNamed.all(group).map(({ owner, ...partition }) => ({
        ...partition,
        member: ids.has(owner) ? owner : null,
      }));
      return { group, members: members.length, partitions };
    });
  }

  join(group: string, id: string, topics: readonly Topic[], expiresAt: number): void {
    this.insertMember.run(group, id, expiresAt);
    for (const topic of topics) {
      this.insertTopic.run(group, id, topic.id);
      for (let partition = 0; partition < topic.partitions; partition += 1) {
        this.insertPartition.run(group, topic.id, partition);
      }
    }
    this.rebalance(group);
  }

  leave(group: string, id: string): void {
    this.remove(group, id);
    this.rebalance(group);
  }

  /** false when it is no longer a member. */
  renew(group: string, id: string, expiresAt: number): boolean {
    return this.updateExpiry.run(expiresAt, group, id).changes > 0;
  }

  /** The members that are stale lose their membership, and the partitions are shared out anew. */
  rebalance(group: string): void {
    const sharers: Sharer[] = [];
    for (const member of this.selectMembers.all(group)) {
      const { id } = member;
      if (isStale(member)) this.remove(group, id);
      else sharers.push({ id, topics: new Set(this.selectTopics.all(group, id)) });
    }
    const ids = new Set(sharers.map(({ id }) => id));
    const rows = this.selectPartitions
      .all(group)
      .map((row) => ({ ...row, owner: row.owner !== null && ids.has(row.owner) ? row.owner : null }));
    const targets = shareOut(
      rows.map(({ topic, partition, owner, target }) => ({ topic, partition, holder: owner ?? target })),
      sharers,
    );
    rows.forEach(({ topic, partition, owner }, index) => {
      const target = targets[index] ?? null;
      this.updatePartition.run(owner ?? target, target, group, topic, partition);
    });
    this.changed(group);
  }

  /** Those that shall have them get the partitions of a member that is done with them. */
  release(group: string, id: string, places: readonly Place[]): void {
    for (const { topic, partition } of places) this.passOn.run(group, topic, partition, id);
    this.changed(group);
  }

  owns(group: string, id: string, { topic, partition }: Place): boolean {
    return this.selectOwner.get(group, topic, partition) === id;
  }

  /** Never backwards. */
  commit(group: string, { topic, partition }: Place, offset: number): void {
    this.updateCommitted.run(offset, group, topic, partition);
  }

  private remove(group: string, id: string): void {
    this.deleteMember.run(group, id);
    this.deleteTopics.run(group, id);
  }

  private changed(group: string): void {
    this.advance.run(group);
    this.countRegrouped.run();
  }
}

/** Not heard of for the time of its session, or its process is dead. */
const isStale = ({ id, expiresAt }: MemberRow): boolean => expiresAt <= Date.now() || isDead(id);
