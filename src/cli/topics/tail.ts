import { type Message, type MessageLog, type PartitionStatus } from '../../ports/message-log.js';
import { shownByDefault, type TailOptions } from './arguments.js';
import { inOrder, type Range } from './in-order.js';
import { type Decode, lineOf, toJson, toText } from './line.js';
import { type Output } from './output.js';

/** 0: shown; 2: there is no such topic or partition. Ends with the signal. */
export const tail = async (
  log: MessageLog,
  options: TailOptions,
  decode: Decode,
  output: Output,
  signal: AbortSignal,
): Promise<0 | 2> => {
  const { topic, partition, limit = Infinity } = options;
  const topics = await log.topics();
  const found = topics.find(({ name }) => name === topic);
  if (found === undefined) {
    const names = topics.map(({ name }) => name).join(', ');
    output.problem(
      `There is no topic ${topic}. ${names === '' ? 'There are none yet.' : `These are there: ${names}.`}`,
    );
    return 2;
  }
  if (partition !== undefined && partition >= found.partitions) {
    output.problem(`${topic} has no partition ${partition}: the last one is ${found.partitions - 1}.`);
    return 2;
  }
  let shown = 0;
  for await (const message of messagesOf(log, options, signal)) {
    const line = await lineOf(message, decode);
    await output.result(options.json ? toJson(line) : toText(line));
    shown += 1;
    if (shown >= limit || signal.aborted) break;
  }
  return 0;
};

async function* messagesOf(
  log: MessageLog,
  { topic, partition, fromBeginning, follow, limit = shownByDefault }: TailOptions,
  signal: AbortSignal,
): AsyncGenerator<Message, void> {
  const statuses = async (): Promise<readonly PartitionStatus[]> => {
    const all = (await log.topics()).find(({ name }) => name === topic)?.status ?? [];
    return all.filter((status) => partition === undefined || status.partition === partition);
  };
  let known = await statuses();
  const all = known.map(({ partition, first, next }): Range => ({ topic, partition, from: first, to: next }));
  if (fromBeginning) yield* inOrder(log, all);
  else yield* await lastOf(log, all, limit);

  while (follow && !signal.aborted) {
    const over = new AbortController();
    const news = log.news(AbortSignal.any([signal, over.signal]));
    const latest = await statuses();
    const added = latest.map(({ partition, next }, index): Range => {
      return { topic, partition, from: known[index]?.next ?? 0, to: next };
    });
    known = latest;
    if (added.every(({ from, to }) => from === to)) {
      await news;
    } else {
      over.abort();
      await news;
      yield* inOrder(log, added);
    }
  }
}

const lastOf = async (log: MessageLog, ranges: readonly Range[], count: number): Promise<Message[]> => {
  const late = ranges.map((range) => ({ ...range, from: Math.max(range.from, range.to - count) }));
  const messages: Message[] = [];
  for await (const message of inOrder(log, late)) {
    messages.push(message);
    if (messages.length > count) messages.shift();
  }
  return messages;
};
