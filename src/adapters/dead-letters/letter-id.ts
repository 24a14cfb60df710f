import { hash } from 'node:crypto';
import { type Message } from '../../ports/message-log.js';

/** The same on every engine, so that what names a dead letter outlives a change of engine. */
export const letterId = (group: string, { topic, partition, offset }: Message): string =>
  hash('sha256', [group, topic, partition, offset].join('\u0000'), 'hex').slice(0, 16);
