import { type GroupStatus, type MessageLog, type TopicStatus } from '../../ports/message-log.js';
import { type Output } from './output.js';

/** Every topic with its groups: a JSON line each, or a table. */
export const list = async (log: MessageLog, { json }: { json: boolean }, output: Output): Promise<0> => {
  const groups = await log.groups();
  const topics = (await log.topics()).map((topic) => summaryOf(topic, groups));
  if (topics.length === 0) output.problem('There are no topics yet.');
  for (const topic of topics) {
    if (json) await output.result(JSON.stringify(topic));
    else for (const line of linesOf(topic)) await output.result(line);
  }
  return 0;
};

const summaryOf = (
  { name, partitions, retentionMs, status }: TopicStatus,
  groups: readonly GroupStatus[],
) => ({
  topic: name,
  partitions,
  retentionMs,
  messages: status.reduce((sum, { first, next }) => sum + next - first, 0),
  offsets: status,
  groups: groups.flatMap(({ group, partitions: all }) => {
    const shares = all.flatMap(({ topic, partition, committed, next, member }) => {
      if (topic !== name) return [];
      // What is no longer kept cannot be dealt with any more.
      const first = status.find((each) => each.partition === partition)?.first ?? 0;
      return [{ partition, committed, lag: Math.max(0, next - Math.max(committed ?? first, first)), member }];
    });
    if (shares.length === 0) return [];
    const members = new Set(shares.flatMap(({ member }) => member ?? [])).size;
    return [{ group, members, lag: shares.reduce((sum, { lag }) => sum + lag, 0), partitions: shares }];
  }),
});

type Summary = ReturnType<typeof summaryOf>;

const linesOf = ({ topic, partitions, retentionMs, messages, offsets, groups }: Summary): string[] => [
  `${topic}  ${messages} messages in ${partitions} partitions, kept ${retentionMs === null ? 'for ever' : `for ${retentionMs / 1_000} s`}`,
  ...offsets.map(({ partition, first, next }) => {
    const ofGroups = groups.flatMap(({ group, partitions: shares }) =>
      shares
        .filter((share) => share.partition === partition)
        .map(({ committed, lag }) => `${group} at ${committed ?? '-'} (lag ${lag})`),
    );
    return `  ${[`partition ${partition}: offsets ${first} to ${next}`, ...ofGroups].join(', ')}`;
  }),
  ...groups.map(({ group, members, lag }) => `  group ${group}: ${members} members, lag ${lag}`),
];
