import { AssignerProtocol } from 'kafkajs';
import { z } from 'zod';
import { type TopicPartition } from '../../ports/message-log.js';
import { shareOut } from '../embedded/share-out.js';

/**
 * The members of a group agree on it by its name. As KIP-429's cooperative protocol: a member keeps what it has while
 * the group is rearranged, and what shall pass on is nobody's until its member has let it go.
 */
export const protocolName = 'cooperative-share-out';
const version = 1;

export interface Subscriber {
  readonly id: string;
  readonly topics: readonly string[];
  /** What it has not let go. */
  readonly owned: readonly TopicPartition[];
}

const ownedSchema = z.array(z.tuple([z.string(), z.number().int().nonnegative()]));

export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

export const encodeSubscription = ({ topics, owned }: Omit<Subscriber, 'id'>): Buffer => {
  const userData = Buffer.from(JSON.stringify(owned.map(({ topic, partition }) => [topic, partition])));
  return AssignerProtocol.MemberMetadata.encode({ version, topics: [...topics], userData });
};

export const decodeSubscription = (id: string, metadata: Buffer): Subscriber => {
  const { topics = [], userData } = AssignerProtocol.MemberMetadata.decode(metadata) ?? {};
  const owned = ownedSchema.parse(JSON.parse(userData?.toString() ?? '[]'));
  return { id, topics, owned: owned.map(([topic, partition]) => ({ topic, partition })) };
};

export const encodeAssignment = (partitions: readonly TopicPartition[]): Buffer =>
  AssignerProtocol.MemberAssignment.encode({
    version,
    assignment: Object.fromEntries(
      [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, of]) => [
        topic,
        of.map(({ partition }) => partition),
      ]),
    ),
    userData: Buffer.alloc(0),
  });

export const decodeAssignment = (assignment: Buffer): readonly TopicPartition[] =>
  Object.entries(AssignerProtocol.MemberAssignment.decode(assignment)?.assignment ?? {}).flatMap(
    ([topic, partitions]) => partitions.map((partition) => ({ topic, partition })),
  );

/**
 * What each member has from now on. A partition that shall pass from one to another is left out until the one has let
 * it go and the group is arranged once more.
 */
export const assign = (
  subscribers: readonly Subscriber[],
  partitions: readonly TopicPartition[],
): ReadonlyMap<string, readonly TopicPartition[]> => {
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  const holders = new Map(
    subscribers.flatMap(({ id, owned }) => owned.map((each): [string, string] => [nameOf(each), id])),
  );
  const shares = partitions.map((each) => ({
    topic: topics.indexOf(each.topic),
    partition: each.partition,
    holder: holders.get(nameOf(each)) ?? null,
  }));
  const sharers = subscribers
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map((each) => ({ id: each.id, topics: new Set(each.topics.map((topic) => topics.indexOf(topic))) }));
  const owners = shareOut(shares, sharers);
  const assigned = new Map(subscribers.map(({ id }): [string, TopicPartition[]] => [id, []]));
  partitions.forEach((each, index) => {
    const owner = owners[index];
    const holder = shares[index]?.holder ?? null;
    if (owner !== null && owner !== undefined && (holder === null || holder === owner))
      assigned.get(owner)?.push(each);
  });
  return assigned;
};
