import { bridgeTopicSpecs } from '../bridge/topics.js';
import { consumerTopicSpecs } from '../consumers/subscriptions.js';
import { type TopicSpec } from '../ports/message-log.js';
import { differences, registerSchemas } from '../wire/registration.js';
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
  { messageLog, schemaRegistry }: Platform,
): Promise<readonly string[]> => {
  const topics = topicSpecs(TOPIC_PARTITIONS);
  await messageLog.ensureTopics(topics);
  const changes = (await differences(schemaRegistry)).filter(({ is }) => is !== 'unchanged');
  if (changes.length > 0) await registerSchemas(schemaRegistry);
  return [`Topics: ${topics.length}, all there.`, `Schemas: all registered, ${changes.length} of them now.`];
};

/** What this process would miss, in sentences. */
export const undeployed = async (
  { ROLES, TOPIC_PARTITIONS }: Config,
  { messageLog, schemaRegistry }: Platform,
): Promise<readonly string[]> => {
  if (!ROLES.includes('bridge') && !ROLES.includes('process')) return [];
  const topics = new Set((await messageLog.topics()).map(({ name }) => name));
  const schemas = ROLES.includes('bridge') ? await differences(schemaRegistry) : [];
  return [
    ...topicSpecs(TOPIC_PARTITIONS)
      .filter(({ name }) => !topics.has(name))
      .map(({ name }) => `There is no topic ${name}.`),
    ...schemas.filter(({ is }) => is !== 'unchanged').map(({ subject, is }) => `${subject}: ${is}.`),
  ];
};
