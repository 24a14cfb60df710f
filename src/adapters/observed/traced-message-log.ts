import {
  type GroupMember,
  type GroupOptions,
  type GroupStatus,
  type Headers,
  type Message,
  type MessageLog,
  type NewMessage,
  type TopicOffset,
  type TopicSpec,
  type TopicStatus,
  type TransactionalProducer,
} from '../../ports/message-log.js';
import { headerNames, originalTraceparent, readHeader } from '../../wire/headers.js';
import { isSampled, type OpenSpan, type Tracing } from './tracing.js';

const sending = {
  'messaging.system': 'kafka',
  'messaging.operation.type': 'send',
  'messaging.operation.name': 'send',
};

/** What an SDK keeps of a span. */
const mostLinks = 128;

/**
 * A message log whose transactions are spans: one in the trace of the messages of each topic, which whoever consumes
 * them goes on with, and one of the batch that links them, when there are several.
 */
export class TracedMessageLog implements MessageLog {
  constructor(
    private readonly log: MessageLog,
    private readonly tracing: Tracing,
  ) {}

  ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    return this.log.ensureTopics(topics);
  }

  topics(): Promise<readonly TopicStatus[]> {
    return this.log.topics();
  }

  /** The headers stay: what is put aside keeps the context that it came with. */
  publish(messages: readonly NewMessage[]): Promise<readonly TopicOffset[]> {
    const topic = messages[0]?.topic ?? '';
    const attributes = {
      ...sending,
      'messaging.destination.name': topic,
      'messaging.batch.message_count': messages.length,
    };
    return this.tracing.run({ name: `send ${topic}`, kind: 'PRODUCER', attributes }, () =>
      this.log.publish(messages),
    );
  }

  async openTransactional(slot: string): Promise<TransactionalProducer> {
    const producer = await this.log.openTransactional(slot);
    return {
      checkpoint: () => producer.checkpoint(),
      close: () => producer.close(),
      commit: (messages, checkpoint) =>
        this.traced(slot, messages, (traced) => producer.commit(traced, checkpoint)),
    };
  }

  checkpoint(slot: string): Promise<string | undefined> {
    return this.log.checkpoint(slot);
  }

  read(from: TopicOffset, limit: number): Promise<readonly Message[]> {
    return this.log.read(from, limit);
  }

  news(signal: AbortSignal): Promise<void> {
    return this.log.news(signal);
  }

  join(options: GroupOptions): Promise<GroupMember> {
    return this.log.join(options);
  }

  committed(group: string): Promise<readonly TopicOffset[]> {
    return this.log.committed(group);
  }

  groups(): Promise<readonly GroupStatus[]> {
    return this.log.groups();
  }

  close(): Promise<void> {
    return this.log.close();
  }

  private async traced<Result>(
    slot: string,
    messages: readonly NewMessage[],
    commit: (messages: readonly NewMessage[]) => Promise<Result>,
  ): Promise<Result> {
    const groups = new Map<string, { readonly topic: string; readonly contexts: string[] }>();
    const originals = new Set<string>();
    const groupOf = messages.map(({ topic, headers }) => {
      // Of what is replayed: linked, not gone on with.
      const original = readHeader(headers, originalTraceparent);
      if (isSampled(original)) originals.add(original);
      const context = readHeader(headers, headerNames.traceparent);
      if (!isSampled(context)) return undefined;
      const name = `${context.split('-')[1] ?? ''} ${topic}`;
      const group = groups.get(name);
      if (group === undefined) groups.set(name, { topic, contexts: [context] });
      else if (!group.contexts.includes(context)) group.contexts.push(context);
      return name;
    });
    if (groups.size === 0 && originals.size === 0) return commit(messages);

    const spans = new Map<string, OpenSpan>();
    for (const [name, { topic, contexts }] of groups) spans.set(name, this.beginOne(topic, contexts));
    const linked = [...originals, ...[...spans.values()].map(({ traceparent }) => traceparent)];
    const batch =
      spans.size > 1 || originals.size > 0 ? this.beginBatch(slot, messages.length, linked) : undefined;
    const traced = messages.map((message, index) => {
      const name = groupOf[index];
      const isReplayed = originals.has(readHeader(message.headers, originalTraceparent) ?? '');
      const span = isReplayed ? batch : name === undefined ? undefined : spans.get(name);
      return span === undefined
        ? message
        : { ...message, headers: withTraceparent(message.headers, span.traceparent) };
    });
    const all = [...spans.values(), ...(batch === undefined ? [] : [batch])];
    try {
      const within = batch ?? all[0];
      const result = await (within === undefined ? commit(traced) : within.within(() => commit(traced)));
      for (const span of all) span.end();
      return result;
    } catch (error) {
      for (const span of all) span.fail(error);
      throw error;
    }
  }

  private beginOne(topic: string, [after, ...others]: readonly string[]): OpenSpan {
    return this.tracing.begin({
      name: `send ${topic}`,
      kind: 'PRODUCER',
      after,
      links: others.slice(0, mostLinks),
      attributes: { ...sending, 'messaging.destination.name': topic },
    });
  }

  private beginBatch(slot: string, size: number, links: readonly (string | undefined)[]): OpenSpan {
    return this.tracing.begin({
      name: 'send batch',
      kind: 'PRODUCER',
      root: true,
      links: links.slice(0, mostLinks),
      attributes: { ...sending, 'messaging.client.id': slot, 'messaging.batch.message_count': size },
    });
  }
}

const withTraceparent = (headers: Headers, traceparent: string | undefined): Headers => {
  const others = headers.filter(([name]) => name !== headerNames.traceparent);
  return traceparent === undefined
    ? others
    : [...others, [headerNames.traceparent, Buffer.from(traceparent)]];
};
