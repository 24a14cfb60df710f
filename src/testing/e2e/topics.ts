import { bridgeTopics } from '../../bridge/topics.js';
import { type Message, type MessageLog } from '../../ports/message-log.js';

/** Every record of the bridge's topics. */
export const allRecords = async (log: Pick<MessageLog, 'topics' | 'read'>): Promise<readonly Message[]> => {
  const records: Message[] = [];
  for (const { name: topic, status } of await log.topics()) {
    if (!bridgeTopics.includes(topic)) continue;
    for (const { partition, first, next } of status) {
      for (let offset = first; offset < next;) {
        const page = await log.read({ topic, partition, offset }, 500);
        records.push(...page);
        offset = (page.at(-1)?.offset ?? next) + 1;
      }
    }
  }
  return records;
};
