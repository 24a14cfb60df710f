import { type Admin, AssignerProtocol } from 'kafkajs';
import { type GroupStatus, type TopicOffset } from '../../ports/message-log.js';
import { type Connection } from './connection.js';
import { type Names } from './names.js';
import { offsetsOf } from './topics.js';

export interface GroupDependencies {
  readonly connection: Connection;
  readonly withAdmin: <T>(work: (admin: Admin) => Promise<T>) => Promise<T>;
  readonly names: Names;
}

/** Of topics of this environment, by topic and partition. */
export const committedOffsets = async (
  { connection, names }: Pick<GroupDependencies, 'connection' | 'names'>,
  group: string,
): Promise<readonly TopicOffset[]> => {
  const groupId = names.outside(group);
  const { responses } = await connection.insist(async (cluster) => {
    const coordinator = await cluster.findGroupCoordinator({ groupId });
    return coordinator.offsetFetch({ groupId, topics: [] });
  });
  return responses
    .filter(({ topic }) => names.isOurTopic(topic))
    .flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => ({
        topic: names.inside(topic),
        partition,
        offset: Number(offset),
      })),
    )
    .filter(({ offset }) => offset >= 0)
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
};

/** All groups of consumers of this environment. */
export const groupStatuses = async (deps: GroupDependencies): Promise<readonly GroupStatus[]> => {
  const { withAdmin, names } = deps;
  const described = await withAdmin(async (admin) => {
    const { groups } = await admin.listGroups();
    const ours = groups.filter(
      ({ groupId, protocolType }) => protocolType === 'consumer' && names.isOurs(groupId),
    );
    return ours.length === 0 ? [] : (await admin.describeGroups(ours.map(({ groupId }) => groupId))).groups;
  });
  const statuses = described
    .toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1))
    .map(({ groupId, members }) => statusOf(names.inside(groupId), members, deps));
  return Promise.all(statuses);
};

const statusOf = async (
  group: string,
  members: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[],
  deps: GroupDependencies,
): Promise<GroupStatus> => {
  const { connection, names } = deps;
  const owners = new Map(
    members.flatMap(({ memberId, memberAssignment }) => ownersIn(memberId, memberAssignment)),
  );
  const committed = new Map(
    (await committedOffsets(deps, group)).map(({ topic, partition, offset }) => [
      `${names.outside(topic)}/${partition}`,
      offset,
    ]),
  );
  const topics = new Set(
    [...owners.keys(), ...committed.keys()].map((name) => name.slice(0, name.lastIndexOf('/'))),
  );
  const ends = await connection.insist((cluster) => offsetsOf(cluster, [...topics].sort(), 'stable'));
  const partitions = [...ends].flatMap(([topic, offsets]) =>
    offsets.map((next, partition) => ({
      ...{ topic: names.inside(topic), partition },
      committed: committed.get(`${topic}/${partition}`) ?? null,
      next,
      member: owners.get(`${topic}/${partition}`) ?? null,
    })),
  );
  return { group, members: members.length, partitions };
};

const ownersIn = (member: string, assignment: Buffer): [name: string, member: string][] => {
  const { assignment: byTopic = {} } = AssignerProtocol.MemberAssignment.decode(assignment) ?? {};
  return Object.entries(byTopic).flatMap(([topic, partitions]) =>
    partitions.map((partition): [string, string] => [`${topic}/${partition}`, member]),
  );
};
