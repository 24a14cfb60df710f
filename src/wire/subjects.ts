/** `commerce.order.OrderPlaced` → `order`. */
export const domainOf = (recordName: string): string => recordName.split('.').at(-2) ?? '';

/** One topic a domain. */
export const topicOf = (recordName: string): string => `commerce.${domainOf(recordName)}.events`;

/** Confluent's TopicRecordNameStrategy. */
export const subjectOf = (recordName: string): string => `${topicOf(recordName)}-${recordName}`;
