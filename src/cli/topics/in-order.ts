import { type Message, type MessageLog } from '../../ports/message-log.js';

/** Messages of a partition from one offset to before another one. */
export interface Range {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

const PAGE = 256;

/** The messages of several partitions, merged by their time; those of one partition stay in order. */
export async function* inOrder(log: MessageLog, ranges: readonly Range[]): AsyncGenerator<Message, void> {
  const sources = await Promise.all(
    ranges.map(async (range) => {
      const messages = readRange(log, range);
      return { messages, head: await messages.next() };
    }),
  );
  for (;;) {
    let oldest: (typeof sources)[number] | undefined;
    for (const source of sources) {
      if (source.head.done === true) continue;
      if (oldest?.head.done !== false || source.head.value.timestamp < oldest.head.value.timestamp) {
        oldest = source;
      }
    }
    if (oldest?.head.done !== false) return;
    yield oldest.head.value;
    oldest.head = await oldest.messages.next();
  }
}

async function* readRange(log: MessageLog, range: Range): AsyncGenerator<Message, void> {
  for (let offset = range.from; offset < range.to;) {
    const messages = await log.read({ ...range, offset }, PAGE);
    for (const message of messages) {
      if (message.offset >= range.to) return;
      yield message;
    }
    const last = messages.at(-1);
    if (last === undefined) return;
    offset = last.offset + 1;
  }
}
