import { type Position } from '../kernel/envelope.js';
import { type EventStore } from '../ports/event-store.js';
import { type MessageLog } from '../ports/message-log.js';

/** How far the topics are behind the store. */
export interface BridgeProgress {
  readonly position: string | null;
  readonly head: string | null;
  readonly lagEvents: number;
  /** How long the oldest event that is not published has been waiting. */
  readonly lagSeconds: number;
}

export const bridgeProgress = async (
  eventStore: Pick<EventStore, 'subscribe' | 'head'>,
  messageLog: Pick<MessageLog, 'checkpoint'>,
  slot: string,
  now: () => number = Date.now,
): Promise<BridgeProgress> => {
  const head = await eventStore.head();
  const position = await messageLog.checkpoint(slot);
  let lagEvents = 0;
  let oldest: string | undefined;
  if (head !== undefined && head !== position) {
    const from = position === undefined ? 'start' : (position as Position);
    for await (const delivery of eventStore.subscribe({ from, batchSize: 4_096 })) {
      const behind = delivery.events.filter((event) => event.position <= head);
      lagEvents += behind.length;
      oldest ??= behind[0]?.metadata.occurredAt;
      if (delivery.caughtUp || delivery.position >= head) break;
    }
  }
  const lagSeconds = oldest === undefined ? 0 : Math.max(0, (now() - Date.parse(oldest)) / 1_000);
  return { position: position ?? null, head: head ?? null, lagEvents, lagSeconds };
};
