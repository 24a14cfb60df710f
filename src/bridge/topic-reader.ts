import { type Message, type MessageLog, type TopicStatus } from '../ports/message-log.js';
import { readHeader } from '../wire/headers.js';

interface Cursor {
  readonly topic: string;
  readonly partition: number;
  /** Of the next message to read from the log. */
  offset: number;
  /** As far as this round reads. */
  end: number;
  page: readonly Message[];
  index: number;
  /** The greatest position that has been taken. */
  last: string;
  /** Messages before the first one that is kept have been deleted. */
  readonly isCut: boolean;
}

export interface Taken {
  readonly message: Message;
  /**
   * `next`: its position is greater than those before it in its partition. `behind`: it is not. `unknown`: it has none,
   * or one that the store has not got to.
   */
  readonly order: 'next' | 'behind' | 'unknown';
}

const pageSize = 200;

/** The records of many partitions, merged by the positions in their headers. */
export class TopicReader {
  private readonly cursors = new Map<string, Cursor>();
  /** Up to here records may have been deleted, as far as is known. */
  private forgottenUpTo = '';
  private head = '';

  constructor(
    private readonly log: Pick<MessageLog, 'topics' | 'read'>,
    private readonly topics: readonly string[],
  ) {}

  /** From here on what has been published by now is read as well. @param head a position that is not behind any of it */
  async refresh(head: () => Promise<string | undefined>): Promise<void> {
    const known = (await this.log.topics()).filter(({ name }) => this.topics.includes(name));
    for (const { name: topic, status } of known) this.refreshTopic(topic, status);
    this.head = (await head()) ?? '';
  }

  private refreshTopic(topic: string, status: TopicStatus['status']): void {
    for (const { partition, first, next } of status) {
      const key = `${topic}/${partition}`;
      const cursor = this.cursors.get(key);
      if (cursor !== undefined) cursor.end = next;
      else {
        const fresh = { topic, partition, offset: first, end: next, page: [], index: 0, last: '' };
        this.cursors.set(key, { ...fresh, isCut: first > 0 });
      }
    }
  }

  /**
   * The record with the smallest position of all that come next in their partitions, unless it is greater than the
   * one given. One that is out of order comes at once.
   */
  async take(upTo: string): Promise<Taken | undefined> {
    let least: { readonly cursor: Cursor; readonly message: Message; readonly position: string } | undefined;
    for (const cursor of this.cursors.values()) {
      const message = await this.peek(cursor);
      if (message === undefined) continue;
      const position = readHeader(message.headers, 'position') ?? '';
      if (position === '' || (position > this.head && message.offset < cursor.end)) {
        return taken(cursor, message, 'unknown');
      }
      if (position <= cursor.last) return taken(cursor, message, 'behind');
      if (least === undefined || position < least.position) least = { cursor, message, position };
    }
    if (least === undefined || least.position > upTo) return undefined;
    const { cursor, message, position } = least;
    if (cursor.isCut && cursor.last === '' && position > this.forgottenUpTo) this.forgottenUpTo = position;
    cursor.last = position;
    return taken(cursor, message, 'next');
  }

  /** Whether the record of an event at this position may have been deleted with the oldest of its partition. */
  hasForgotten(position: string): boolean {
    if (position < this.forgottenUpTo) return true;
    return [...this.cursors.values()].some(({ isCut, last }) => isCut && last === '');
  }

  private async peek(cursor: Cursor): Promise<Message | undefined> {
    if (cursor.index >= cursor.page.length) {
      if (cursor.offset >= cursor.end) return undefined;
      const { topic, partition, offset } = cursor;
      cursor.page = await this.log.read({ topic, partition, offset }, pageSize);
      cursor.index = 0;
      const last = cursor.page.at(-1);
      cursor.offset = last === undefined ? cursor.end : last.offset + 1;
    }
    return cursor.page[cursor.index];
  }
}

const taken = (cursor: Cursor, message: Message, order: Taken['order']): Taken => {
  cursor.index += 1;
  return { message, order };
};
