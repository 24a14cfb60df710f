/** A member of a group and the topics that it takes part in. */
export interface Sharer {
  readonly id: string;
  readonly topics: ReadonlySet<number>;
}

export interface Share {
  readonly topic: number;
  readonly partition: number;
  /** Who has it now. */
  readonly holder: string | null;
}

/**
 * Who shall have each of the shares; null when nobody takes part in its topic. The counts of the members are as equal
 * as their topics allow, shares stay with their holders as far as that allows, and a member that takes over does so
 * from every topic in turn. The same input has the same outcome.
 */
export const shareOut = (shares: readonly Share[], members: readonly Sharer[]): (string | null)[] => {
  const sharing = new Sharing(shares, members);
  sharing.keepHolders();
  sharing.giveOutTheRest();
  sharing.balance();
  return sharing.owners.map((owner) => owner?.id ?? null);
};

interface Step {
  readonly from: Sharer;
  /** Of the share that passes on. */
  readonly index: number;
}

class Sharing {
  readonly owners: (Sharer | undefined)[];
  private readonly loads: ReadonlyMap<Sharer, Map<number | undefined, number>>;

  constructor(
    private readonly shares: readonly Share[],
    private readonly members: readonly Sharer[],
  ) {
    this.owners = shares.map(() => undefined);
    this.loads = new Map(members.map((member) => [member, new Map()]));
  }

  keepHolders(): void {
    const byId = new Map(this.members.map((member) => [member.id, member]));
    this.shares.forEach(({ topic, holder }, index) => {
      const member = holder === null ? undefined : byId.get(holder);
      if (member?.topics.has(topic) === true) this.give(index, member);
    });
  }

  giveOutTheRest(): void {
    this.shares.forEach(({ topic }, index) => {
      if (this.owners[index] !== undefined) return;
      const eligible = this.members.filter(({ topics }) => topics.has(topic));
      const [lightest] = eligible.toSorted((a, b) => this.load(a) - this.load(b));
      if (lightest !== undefined) this.give(index, lightest);
    });
  }

  /** As long as somebody could have two shares less than another one has, along a chain of members that take over. */
  balance(): void {
    while (this.members.some((member) => this.relieve(member)));
  }

  private relieve(heavy: Sharer): boolean {
    const most = this.load(heavy) - 2;
    const steps = new Map<Sharer, Step>();
    const reached = [heavy];
    for (const from of reached) {
      for (const to of this.members) {
        if (to === heavy || steps.has(to)) continue;
        const index = this.spare(from, to);
        if (index === undefined) continue;
        steps.set(to, { from, index });
        if (this.load(to) <= most) {
          this.passAlong(steps, to);
          return true;
        }
        reached.push(to);
      }
    }
    return false;
  }

  private passAlong(steps: ReadonlyMap<Sharer, Step>, last: Sharer): void {
    let to = last;
    for (let step = steps.get(to); step !== undefined; step = steps.get(to)) {
      this.give(step.index, to);
      to = step.from;
    }
  }

  /** What one can take from the other: of the topic of which the other has the most more. */
  private spare(from: Sharer, to: Sharer): number | undefined {
    let best: number | undefined;
    let largest = -Infinity;
    this.shares.forEach(({ topic }, index) => {
      if (this.owners[index] !== from || !to.topics.has(topic)) return;
      const surplus = this.load(from, topic) - this.load(to, topic);
      if (surplus <= largest) return;
      best = index;
      largest = surplus;
    });
    return best;
  }

  private give(index: number, to: Sharer): void {
    const from = this.owners[index];
    this.owners[index] = to;
    for (const topic of [undefined, this.shares[index]?.topic]) {
      if (from !== undefined) this.loads.get(from)?.set(topic, this.load(from, topic) - 1);
      this.loads.get(to)?.set(topic, this.load(to, topic) + 1);
    }
  }

  /** How many shares, of one topic or of all. */
  private load(member: Sharer, topic?: number): number {
    return this.loads.get(member)?.get(topic) ?? 0;
  }
}
