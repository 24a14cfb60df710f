import { setTimeout as delay } from 'node:timers/promises';
import { bridgeProgress } from '../../bridge/progress.js';
import { relaySlot } from '../../bridge/relay.js';
import { bridgeTopics } from '../../bridge/topics.js';
import { type MessageLog } from '../../ports/message-log.js';
import { withPlatform } from '../platform.js';

const rateOverMs = 1_000;

/** 0 whatever the lag is: it is for people and monitors to judge. */
export const status = ({ json }: { readonly json: boolean }): Promise<number> =>
  withPlatform(async ({ eventStore, messageLog }) => {
    const before = await recordCount(messageLog);
    const started = performance.now();
    await delay(rateOverMs);
    const records = await recordCount(messageLog);
    const eventsPerSecond = ((records - before) * 1_000) / (performance.now() - started);
    const progress = await bridgeProgress(eventStore, messageLog, relaySlot);
    if (json) console.log(JSON.stringify({ ...progress, records, eventsPerSecond }));
    else {
      console.log(`published up to  ${progress.position ?? '(nothing yet)'}
store's head     ${progress.head ?? '(empty)'}
lag              ${progress.lagEvents} events, ${progress.lagSeconds.toFixed(1)} s
records          ${records}
rate             ${eventsPerSecond.toFixed(1)} events/s, over the last second`);
    }
    return 0;
  });

const recordCount = async (log: Pick<MessageLog, 'topics'>): Promise<number> =>
  (await log.topics())
    .filter(({ name }) => bridgeTopics.includes(name))
    .flatMap(({ status: partitions }) => partitions)
    .reduce((sum, { next }) => sum + next, 0);
