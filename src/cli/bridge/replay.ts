import { type Position } from '../../kernel/envelope.js';
import { replay } from '../../bridge/replay.js';
import { bridgeTopics } from '../../bridge/topics.js';
import { Translation } from '../../bridge/translation.js';
import { interruption, UsageError, withPlatform } from '../platform.js';
import { type BridgeOptions } from './arguments.js';

type ReplayOptions = Extract<BridgeOptions, { verb: 'replay' }>;

export const replayTo = async ({ topic, from, to }: ReplayOptions): Promise<0 | 130> => {
  if (bridgeTopics.includes(topic)) {
    throw new UsageError(
      `--topic ${topic} is one of the bridge's own: its consumers would take the past for news`,
    );
  }
  return withPlatform(async ({ eventStore, messageLog, schemaRegistry }, config) => {
    const translation = new Translation(schemaRegistry);
    const signal = interruption();
    const range = {
      topic,
      from: from as Position | undefined,
      to: to as Position | undefined,
      partitions: config.TOPIC_PARTITIONS,
    };
    const published = await replay({ eventStore, messageLog, translation }, range, signal);
    console.log(`${published} messages published to ${topic}.`);
    return signal.aborted ? 130 : 0;
  });
};
