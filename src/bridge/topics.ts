import { type TopicSpec } from '../ports/message-log.js';
import { topics } from './catalogue.js';
import { bridgeDeadLetters } from './dead-letter.js';

/** All that the bridge writes to. */
export const bridgeTopics: readonly string[] = [...topics, bridgeDeadLetters];

/** Kept for ever: a consumer that comes later reads from the first event on. */
export const bridgeTopicSpecs = (partitions: number): readonly TopicSpec[] =>
  bridgeTopics.map((name) => ({ name, partitions, retentionMs: null }));
