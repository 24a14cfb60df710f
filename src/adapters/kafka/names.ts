/** What the port calls things, and what the cluster does: one cluster may serve several environments. */
export class Names {
  /** Where the transactional producers keep their checkpoints; not one of the port's topics. */
  readonly checkpoints: string;

  constructor(private readonly prefix: string) {
    this.checkpoints = `${prefix}transaction-checkpoints`;
  }

  /** Of a topic, a group or a transactional id. */
  outside(name: string): string {
    return this.prefix + name;
  }

  inside(name: string): string {
    return name.slice(this.prefix.length);
  }

  /** Whether a group or transactional id of the cluster belongs to this environment. */
  isOurs(name: string): boolean {
    return name.startsWith(this.prefix);
  }

  isOurTopic(name: string): boolean {
    // Kafka's own begin like that.
    return this.isOurs(name) && name !== this.checkpoints && !name.startsWith('__');
  }
}
