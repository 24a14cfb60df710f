import { Watermark } from '../execution/watermark.js';
import { type DueLetter, queueName } from '../ports/dead-letters.js';
import { type Message, type TopicPartition } from '../ports/message-log.js';
import { type Handling, type KeyInHand, type Phase } from './handling.js';
import { eventIdOf } from './message-headers.js';

interface KeyTurns extends KeyInHand {
  tail: Promise<void>;
  inHand: number;
  readonly eventIds: Set<string>;
}

/**
 * A partition for as long as this member has it: messages of one key one after another, those of different keys side
 * by side. A task never rejects: its fault is told to `onFault`.
 */
export class OwnedPartition {
  /** The offset that has been committed last by this member. */
  committed: number | undefined;
  private readonly watermark = new Watermark<number>(undefined);
  private readonly keys = new Map<string, KeyTurns>();
  private readonly tasks = new Set<Promise<void>>();
  private readonly ending = new AbortController();
  private readonly over = new AbortController();
  private readonly phase: Phase = { ending: this.ending.signal, over: this.over.signal };

  constructor(
    readonly at: TopicPartition,
    private readonly handling: Handling,
    private readonly onFault: (error: unknown) => void,
  ) {}

  /** The offset of the next message to deal with; undefined until something is dealt with. */
  get position(): number | undefined {
    return this.watermark.position;
  }

  get isEnding(): boolean {
    return this.ending.signal.aborted;
  }

  /** Takes the messages in hand. @returns the tasks that this makes. */
  take(messages: readonly Message[]): readonly Promise<void>[] {
    const begun = messages
      .map((message) => ({ message, done: this.watermark.begin(message.offset + 1) }))
      .filter(({ message, done }) => {
        const over = this.handling.passesOver(message);
        if (over) done();
        return !over;
      });
    if (begun.length === 0) return [];
    // Asked at the moment at which they queue up behind what is in hand of their keys: between the answer and what
    // those before them leave in KeyInHand, nothing is missed.
    const lookup = this.handling.lookUp(
      this.at,
      begun.map(({ message }) => message),
    );
    // Every task meets the fault itself.
    lookup.catch(() => undefined);
    return begun.map(({ message, done }) =>
      this.inTurn(message.key, eventIdOf(message), async (key, isAgain) => {
        const known = isAgain ? undefined : await lookup;
        if (this.isEnding) return;
        if ((await this.handling.live(message, key, known, this.phase)) && !this.over.signal.aborted) done();
      }),
    );
  }

  /** Tries a parked message that is due, when its key has its turn. */
  redrive(letter: DueLetter): Promise<void> {
    return this.inTurn(letter.key, letter.eventId, async () => {
      if (!this.isEnding) await this.handling.redriven(letter, this.phase);
    });
  }

  /** Begins nothing more. Resolves when what is being handled has ended. */
  async end(): Promise<void> {
    this.ending.abort();
    await Promise.all(this.tasks);
  }

  /** What is still in hand counts no more: the partition is somebody else's. */
  abandon(): void {
    this.ending.abort();
    this.over.abort();
  }

  private inTurn(
    key: Buffer | null,
    eventId: string,
    work: (key: KeyInHand, isAgain: boolean) => Promise<void>,
  ): Promise<void> {
    const name = key === null ? undefined : queueName(key);
    const turns = (name === undefined ? undefined : this.keys.get(name)) ?? newTurns();
    if (name !== undefined) this.keys.set(name, turns);
    const isAgain = turns.eventIds.has(eventId);
    turns.eventIds.add(eventId);
    turns.inHand += 1;
    const task = turns.tail
      .then(() => work(turns, isAgain))
      .catch((error: unknown) => {
        // At once: what comes next of the key must not go before this one.
        this.ending.abort();
        this.onFault(error);
      })
      .finally(() => {
        turns.eventIds.delete(eventId);
        turns.inHand -= 1;
        if (turns.inHand === 0 && name !== undefined) this.keys.delete(name);
        this.tasks.delete(task);
      });
    turns.tail = task;
    this.tasks.add(task);
    return task;
  }
}

const newTurns = (): KeyTurns => ({
  blocked: false,
  tail: Promise.resolve(),
  inHand: 0,
  eventIds: new Set(),
});
