import { type GroupMember, type Message, PartitionLost, type TopicPartition } from '../ports/message-log.js';

export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** A consumer that commits whatever it is delivered and counts it as dealt with when that has succeeded. */
export class GroupFollower {
  /** The partitions that are its own, as far as it has been told. */
  readonly held = new Set<string>();
  /** Resolves when the iteration has ended. */
  readonly ended: Promise<void>;

  /** @param messages those that are dealt with, also by others when several followers share it */
  constructor(
    private readonly member: GroupMember,
    readonly messages: Message[] = [],
  ) {
    this.ended = this.follow();
  }

  close(): Promise<void> {
    return this.member.close();
  }

  private async follow(): Promise<void> {
    for await (const delivery of this.member) {
      if (delivery.kind === 'assigned') {
        for (const partition of delivery.partitions) this.held.add(nameOf(partition));
      } else if (delivery.kind === 'revoked') {
        for (const partition of delivery.partitions) this.held.delete(nameOf(partition));
      } else {
        await this.dealWith(delivery.partition, delivery.messages);
      }
    }
  }

  private async dealWith(partition: TopicPartition, messages: readonly Message[]): Promise<void> {
    try {
      await this.member.commit([{ ...partition, offset: (messages.at(-1)?.offset ?? NaN) + 1 }]);
      this.messages.push(...messages);
    } catch (error) {
      // Whoever has it now is delivered them again.
      if (!(error instanceof PartitionLost)) throw error;
    }
  }
}
