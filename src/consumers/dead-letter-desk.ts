import { type Clock } from '../ports/clock.js';
import { type DeadLetter, type DeadLetterFilter, type DeadLetters } from '../ports/dead-letters.js';
import { type Inbox } from '../ports/inbox.js';
import { type Logger } from '../ports/logger.js';
import { type MessageLog } from '../ports/message-log.js';
import { type Decoder } from '../wire/decoder.js';

export interface DeskPorts {
  readonly deadLetters: DeadLetters;
  readonly inbox: Inbox;
  readonly log: Pick<MessageLog, 'groups'>;
  readonly decoder: Pick<Decoder, 'decode'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Of what was asked for, or would be with a dry run. */
export interface Redriven {
  readonly dryRun: boolean;
  /** Failed messages that are due now. */
  readonly redriven: number;
  /** Messages behind these, which follow by themselves. */
  readonly following: number;
  /** Messages that were due already. */
  readonly due: number;
  /** Messages among those asked for that cannot go before an earlier one of their key. */
  readonly waiting: number;
  /** Groups concerned of which no consumer is running: they take it up when one does. */
  readonly idleGroups: readonly string[];
}

export interface Discarded {
  readonly dryRun: boolean;
  readonly discarded: number;
}

/** What can be made of a message's value: the record, or why there is none. */
export type ShownValue =
  | { readonly recordName: string; readonly schemaId: number; readonly record: unknown }
  | { readonly undecodable: string };

const mostGroups = 10_000;
const pageSize = 200;

/** What people do about dead letters, by HTTP or on the command line; the consumers do the rest. */
export class DeadLetterDesk {
  constructor(private readonly ports: DeskPorts) {}

  failures(filter: DeadLetterFilter, limit: number) {
    return this.ports.deadLetters.failures(filter, limit);
  }

  count(filter: DeadLetterFilter) {
    return this.ports.deadLetters.count(filter);
  }

  find(filter: DeadLetterFilter, page: { limit: number; cursor?: string | undefined }) {
    return this.ports.deadLetters.find(filter, page);
  }

  get(id: string): Promise<DeadLetter | undefined> {
    return this.ports.deadLetters.get(id);
  }

  async valueOf({ message }: DeadLetter): Promise<ShownValue> {
    try {
      const { recordName, schemaId, record } = await this.ports.decoder.decode(message.value);
      return { recordName, schemaId, record };
    } catch (error) {
      return { undecodable: error instanceof Error ? error.message : String(error) };
    }
  }

  /** @param perSecond the most that are tried a second; null: as many as go */
  async redrive(
    filter: DeadLetterFilter,
    { dryRun, perSecond }: { readonly dryRun: boolean; readonly perSecond: number | null },
  ): Promise<Redriven> {
    const { deadLetters, logger } = this.ports;
    const { failed, due, waiting } = await deadLetters.count(filter);
    const groups = failed === 0 ? [] : await deadLetters.failures({ ...filter, state: 'failed' }, mostGroups);
    const following = groups.reduce((sum, group) => sum + group.waiting, 0);
    const idleGroups = await this.idle(new Set(groups.map(({ group }) => group)));
    if (dryRun) return { dryRun, redriven: failed, following, due, waiting, idleGroups };
    const redriven = await deadLetters.redrive(filter, perSecond);
    logger.info({ filter, perSecond, redriven }, `Dead letters are redriven: ${redriven}`);
    return { dryRun, redriven, following, due, waiting, idleGroups };
  }

  /** Each leaves a line in the log that says what it was. */
  async discard(filter: DeadLetterFilter, { dryRun }: { readonly dryRun: boolean }): Promise<Discarded> {
    const { deadLetters, inbox, logger } = this.ports;
    if (dryRun) {
      const { failed, due, waiting } = await deadLetters.count(filter);
      return { dryRun, discarded: failed + due + waiting };
    }
    // What comes while this goes on has not been judged by anybody.
    const until = Math.min(filter.until ?? Infinity, Date.parse(this.ports.clock.now()));
    let discarded = 0;
    for (;;) {
      const { items } = await deadLetters.find({ ...filter, until }, { limit: pageSize });
      if (items.length === 0) return { dryRun, discarded };
      // First, so that no second delivery of it is taken for a new event.
      await Promise.all(items.map(({ group, eventId }) => inbox.add(group, eventId)));
      await deadLetters.remove(items.map(({ id }) => id));
      for (const letter of items)
        logger.warn(auditOf(letter), `A dead letter of ${letter.group} was discarded`);
      discarded += items.length;
    }
  }

  private async idle(groups: ReadonlySet<string>): Promise<readonly string[]> {
    const running = (await this.ports.log.groups()).filter(({ members }) => members > 0);
    return [...groups].filter((name) => !running.some(({ group }) => group === name)).sort();
  }
}

const auditOf = ({ id, group, eventId, eventType, state, failure, message }: DeadLetter): object => {
  const { topic, partition, offset, key } = message;
  const why = failure && { errorClass: failure.errorClass, failure: failure.fingerprint };
  return { id, group, topic, partition, offset, key: key?.toString(), eventId, eventType, state, ...why };
};
