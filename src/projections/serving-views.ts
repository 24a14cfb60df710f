import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { EVENT_STORE, GENERATIONS, VIEWS } from '../execution/tokens.js';
import { type DomainEvent } from '../kernel/decider.js';
import { type Position } from '../kernel/envelope.js';
import { isRejection } from '../kernel/rejection.js';
import { type EventStore } from '../ports/event-store.js';
import { type Generations, type GenerationsOf } from '../ports/generations.js';
import { type View, type Views } from '../ports/views.js';
import { parseConsistencyToken, ViewProgress } from './consistency.js';
import { type AnyProjection, type Projection } from './projection.js';
import { generationsOf, readable, storagesOf } from './rebuild/generations.js';

export const CONSISTENCY_TIMEOUT_MS = Symbol('How long a query waits for its view');

export class InvalidConsistencyToken extends Error {}

/** The view has not got to the write that the query must see. */
export class ViewBehind extends Error {
  constructor(view: string, waitedMs: number) {
    super(`View ${view} has not got to that write within ${waitedMs} ms. Ask again shortly.`);
    this.name = 'ViewBehind';
  }
}

/** No generation of the view, of the version that this process reads, has been built yet. */
export class ViewUnbuilt extends Error {
  constructor({ name, version }: Pick<AnyProjection, 'name' | 'version'>, { build }: GenerationsOf) {
    const how =
      build === null
        ? 'no process with the role projector is at it'
        : `it is ${build.phase}, ${Math.floor(build.progress.fraction * 100)} % of the events are read`;
    super(`View ${name} (version ${version}) cannot be read yet: ${how}. Ask again later.`);
    this.name = 'ViewUnbuilt';
  }
}

interface Served {
  readonly view: View<object>;
  readonly progress: ViewProgress;
  /** It has followed on another generation, and for so long its answers are at least as new as all events. */
  carefulUntil: number;
}

interface Known {
  readonly generations: GenerationsOf;
  readonly asOf: number;
}

/** For so long a query may go on with the generation that served before a switch; that one is kept up to date. */
const pointerAgeMs = 50;
/** Far longer than anybody goes on with the generation before. */
const carefulMs = 1_000;
const lookAgainMs = 20;

/** The views as queries see them: the generation that serves, up to a write, when the query names one. */
@Injectable()
export class ServingViews {
  private readonly served = new Map<string, Served>();
  private readonly known = new Map<string, Known>();
  /** The storage that the last answer of a view came from. */
  private readonly answering = new Map<string, string>();

  constructor(
    @Inject(EVENT_STORE) private readonly store: Pick<EventStore, 'head'>,
    @Inject(VIEWS) private readonly views: Views,
    @Inject(GENERATIONS) private readonly generations: Generations,
    @Inject(CONSISTENCY_TIMEOUT_MS) private readonly timeoutMs: number,
  ) {}

  /**
   * To be asked anew for every query: another generation may serve the next one.
   * @param token of the write that the answer must include
   * @throws InvalidConsistencyToken, ViewBehind, ViewUnbuilt
   */
  async upTo<Event extends DomainEvent, Doc extends object>(
    projection: Projection<Event, Doc>,
    token: string | undefined,
  ): Promise<View<Doc>> {
    const position = token === undefined ? undefined : parseConsistencyToken(token);
    if (isRejection(position)) throw new InvalidConsistencyToken(position.detail);
    const started = performance.now();
    const { view, progress, carefulUntil } = await this.serving(projection, started + this.timeoutMs);
    const left = (): number => Math.max(0, this.timeoutMs - (performance.now() - started));
    if (started < carefulUntil) {
      // The one before may have shown what this one does not hold yet. When it does not come in time, that is no reason
      // to answer nothing.
      const head = await this.store.head();
      if (head !== undefined) await progress.waitUntil(head, left());
    }
    if (position !== undefined && !(await progress.waitUntil(position, left()))) {
      throw new ViewBehind(projection.name, this.timeoutMs);
    }
    // Documents are what their projection of this name and version wrote.
    return view as View<Doc>;
  }

  /** Told by those who write in this process: nobody has to ask the storage then. */
  advanced(storage: string, position: Position): void {
    this.served.get(storage)?.progress.advanced(position);
  }

  private async serving(projection: AnyProjection, deadline: number): Promise<Served> {
    for (;;) {
      const generations = await this.current(projection.name);
      const generation = readable(generations, projection.version);
      // After a restore the storage may not be there yet.
      const storage = generation?.storage;
      const served = storage === undefined ? undefined : await this.open(storage);
      if (storage !== undefined && served !== undefined) {
        const before = this.answering.get(projection.name);
        if (before !== undefined && before !== storage) served.carefulUntil = performance.now() + carefulMs;
        this.answering.set(projection.name, storage);
        return served;
      }
      if (performance.now() >= deadline) throw new ViewUnbuilt(projection, generations);
      await delay(lookAgainMs);
    }
  }

  private async current(name: string): Promise<GenerationsOf> {
    const known = this.known.get(name);
    if (
      known !== undefined &&
      known.generations.serving !== null &&
      performance.now() - known.asOf < pointerAgeMs
    )
      return known.generations;
    const generations = await generationsOf(this.generations, name);
    this.known.set(name, { generations, asOf: performance.now() });
    if (known !== undefined) this.forget(storagesOf(known.generations), storagesOf(generations));
    return generations;
  }

  private forget(before: readonly string[], now: readonly string[]): void {
    for (const storage of before) if (!now.includes(storage)) this.served.delete(storage);
  }

  private async open(storage: string): Promise<Served | undefined> {
    const known = this.served.get(storage);
    if (known !== undefined) return known;
    const view = await this.views.existing<object>(storage);
    if (view === undefined) return undefined;
    const served = { view, progress: new ViewProgress(view), carefulUntil: 0 };
    this.served.set(storage, served);
    return served;
  }
}
