import { bridgeTopicSpecs } from '../bridge/topics.js';
import { consumerTopicSpecs } from '../consumers/subscriptions.js';
import { type TopicSpec } from '../ports/message-log.js';
import { differences, registerSchemas, unregistered } from '../wire/registration.js';
import { type Config } from './config.js';
import { type Platform } from './platform.js';

const topicSpecs = (partitions: number): readonly TopicSpec[] => {
  const specs = [...bridgeTopicSpecs(partitions), ...consumerTopicSpecs(partitions)];
  return [...new Map(specs.map((spec) => [spec.name, spec])).values()];
};

/**
 * Makes all that a deployment makes before its processes start; repeating it changes nothing.
 * @returns in lines, what is there now.
 * @throws SchemaIncompatible
 */
export const deploy = async (
  { TOPIC_PARTITIONS }: Config,
  { messageLog, schemaRegistry, indexes }: Platform,
): Promise<readonly string[]> => {
  await indexes?.createIndexes();
  const topics = topicSpecs(TOPIC_PARTITIONS);
  await messageLog.ensureTopics(topics);
  const changes = (await differences(schemaRegistry)).filter(({ is }) => is !== 'unchanged');
  if (changes.length > 0) await registerSchemas(schemaRegistry);
  return [`Topics: ${topics.length}, all there.`, `Schemas: all registered, ${changes.length} of them now.`];
};

/** What this process would miss, in sentences. */
export const undeployed = async (
  { ROLES, TOPIC_PARTITIONS }: Config,
  { messageLog, schemaRegistry, indexes }: Platform,
): Promise<readonly string[]> => {
  const missing = [...((await indexes?.missingIndexes()) ?? [])];
  if (ROLES.includes('bridge') || ROLES.includes('process')) {
    const there = new Set((await messageLog.topics()).map(({ name }) => name));
    const wanted = topicSpecs(TOPIC_PARTITIONS).map(({ name }) => name);
    missing.push(...wanted.filter((name) => !there.has(name)).map((name) => `There is no topic ${name}.`));
  }
  if (ROLES.includes('bridge')) missing.push(...(await unregistered(schemaRegistry)));
  return missing;
};
