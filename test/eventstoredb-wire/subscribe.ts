import { randomUUID } from 'node:crypto';
import { slowConsumer, streamDeleted, unimplemented } from './errors.js';
import { caughtUpFrame, checkpointFrame, confirmationFrame, fellBehindFrame, variantOf } from './frames.js';
import { type Entry, firstVisible, linkType, type Stream } from './log.js';
import { type Node } from './node.js';
import { type Outlet } from './outlet.js';
import { type From, type ReadRequest } from './read-request.js';

/** A page of history ends at so many matches. */
const pageSize = 32;
/** So many live events may wait for a consumer: in the subscription, and in its outgoing channel. */
const liveBound = 32 + 32;

/** Runs until the reader leaves or the server ends it. */
export const subscribe = async (node: Node, outlet: Outlet, request: ReadRequest): Promise<void> => {
  const { stream } = request;
  if (stream !== undefined && node.log.stream(stream)?.tombstone) {
    outlet.fail(streamDeleted(stream));
    return;
  }
  const subscription = new Subscription(node, outlet, request);
  node.subscriptions.add(outlet);
  const unlisten = node.log.listen(outlet.interrupt);
  await subscription.run();
  unlisten();
  node.subscriptions.delete(outlet);
};

class Subscription {
  /** Index of the next event, in the stream or in the log. */
  private cursor: number;
  /** Events considered since the last checkpoint. */
  private considered = 0;

  constructor(
    private readonly node: Node,
    private readonly outlet: Outlet,
    private readonly request: ReadRequest,
  ) {
    this.cursor =
      request.stream === undefined ? this.afterPosition(request.from) : this.afterRevision(request.from);
  }

  async run(): Promise<void> {
    await this.send(confirmationFrame(randomUUID()));
    while (!this.outlet.gone) {
      this.outlet.behind = false;
      await this.catchUp();
      await this.tellCaughtUp();
      await this.live();
    }
  }

  /** The stream subscribed to, if there is one by its name. */
  private get stream(): Stream | undefined {
    return this.request.stream === undefined ? undefined : this.node.log.stream(this.request.stream);
  }

  private get entries(): readonly Entry[] {
    return this.request.stream === undefined ? this.node.log.entries : (this.stream?.entries ?? []);
  }

  private afterPosition(from: From): number {
    const { log, profile } = this.node;
    if (from === 'start') return 0;
    if (from === 'end') return log.entries.length;
    const next = log.indexOf(from);
    const isThere = log.entries[next]?.position === from;
    return isThere || profile.resumeSkipsOne ? Math.min(next + 1, log.entries.length) : next;
  }

  private afterRevision(from: From): number {
    if (from === 'start') return 0;
    return from === 'end' ? this.entries.length : from + 1;
  }

  /** What was committed before, page by page. */
  private async catchUp(): Promise<void> {
    this.skipHidden();
    while (!this.outlet.gone && this.cursor < this.entries.length) {
      const page = await this.page();
      const { filter } = this.request;
      if (!filter || this.cursor >= this.entries.length) continue;
      this.considered += page.considered;
      if (this.considered < filter.checkpointInterval) continue;
      this.considered %= filter.checkpointInterval;
      await this.checkpoint(page.position);
    }
  }

  private async page(): Promise<{ considered: number; position: number }> {
    const { filter } = this.request;
    const window = filter?.window ?? pageSize;
    let position = this.entries[this.cursor]?.position ?? 0;
    let considered = 0;
    for (let matches = 0; matches < pageSize && considered < window && !this.outlet.gone; considered += 1) {
      const entry = this.entries[this.cursor];
      if (!entry) break;
      this.cursor += 1;
      if (filter && !filter.matches(entry)) continue;
      matches += 1;
      position = entry.position;
      await this.deliver(entry);
    }
    return { considered, position };
  }

  private async tellCaughtUp(): Promise<void> {
    const { profile, log } = this.node;
    const last = log.entries[this.cursor - 1];
    if (profile.checkpointWhenCaughtUp && this.request.filter && last) await this.checkpoint(last.position);
    if (!profile.caughtUp) return;
    while (!profile.caughtUpWithoutStream && this.isWithoutStream()) {
      await this.outlet.woken();
      await this.catchUp();
    }
    await this.send(caughtUpFrame());
  }

  private isWithoutStream(): boolean {
    return this.request.stream !== undefined && this.entries.length === 0 && !this.outlet.gone;
  }

  private async live(): Promise<void> {
    const { filter } = this.request;
    while (!this.outlet.gone && !this.outlet.behind) {
      const entry = this.entries[this.cursor];
      if (!entry) {
        const tombstone = this.stream?.tombstone;
        await (tombstone ? this.endWith(tombstone) : this.outlet.woken());
        continue;
      }
      this.cursor += 1;
      if (!filter || filter.matches(entry)) await this.deliver(entry, true);
      this.considered += 1;
      if (!filter || this.considered < filter.checkpointInterval) continue;
      this.considered = 0;
      await this.checkpoint(entry.position);
    }
  }

  private async endWith(tombstone: Entry): Promise<void> {
    await this.deliver(tombstone);
    this.outlet.fail(streamDeleted(tombstone.stream));
  }

  private skipHidden(): void {
    const { stream } = this;
    if (stream) this.cursor = Math.max(this.cursor, Math.min(firstVisible(stream), stream.entries.length));
  }

  private async deliver(entry: Entry, live = false): Promise<void> {
    if (this.request.resolveLinks && entry.type === linkType)
      this.outlet.fail(unimplemented('links are not resolved.'));
    if (this.outlet.offer(variantOf(entry.frame, this.request.variant))) return;
    if (live) await this.drainedUnlessSlow();
    else await this.outlet.drained();
  }

  private async checkpoint(position: number): Promise<void> {
    const { faults, log } = this.node;
    const next = log.entries[log.indexOf(position) + 1]?.position ?? log.nextPosition;
    await this.send(checkpointFrame(faults.checkpointAhead ? next : position));
  }

  private async send(frame: Buffer): Promise<void> {
    if (!this.outlet.offer(frame)) await this.outlet.drained();
  }

  /** Live, a consumer that takes nothing for a while, and has more waiting than it may, loses its place. */
  private async drainedUnlessSlow(): Promise<void> {
    const { outlet, node } = this;
    let { taken } = outlet;
    const watch = setInterval(() => {
      if (outlet.taken === taken && this.waitsBeyondBound()) {
        outlet.behind = true;
        if (node.profile.slowConsumer === 'dropped') outlet.fail(slowConsumer());
      }
      taken = outlet.taken;
    }, node.stallMs);
    await outlet.drained();
    clearInterval(watch);
    if (outlet.behind && node.faults.fellBehind) await this.send(fellBehindFrame());
  }

  private waitsBeyondBound(): boolean {
    const { filter } = this.request;
    let waiting = 0;
    for (let index = this.cursor; index < this.entries.length && waiting <= liveBound; index += 1) {
      const entry = this.entries[index];
      if (entry && (!filter || filter.matches(entry))) waiting += 1;
    }
    return waiting > liveBound;
  }
}
