import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { EVENT_STORE, GENERATIONS, VIEWS } from '../execution/tokens.js';
import { type DomainEvent } from '../kernel/decider.js';
import { type Position } from '../kernel/envelope.js';
import { isRejection } from '../kernel/rejection.js';
import { type EventStore } from '../ports/event-store.js';
import { type Generations, type GenerationsOf } from '../ports/generations.js';
import { type ReadableView, type View, type Views } from '../ports/views.js';
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

/** A generation as this process knows it. */
interface Served {
  readonly view: View<object>;
  readonly progress: ViewProgress;
  /** Another process may still show more, by the generation before: until then answers wait for all events there are. */
  carefulUntil: number;
  /** How often another generation has answered here what this one may not hold yet; `caughtUp` of these it does hold. */
  surpassed: number;
  caughtUp: number;
  /** Where it holds all that it was surpassed by. */
  target: { readonly surpassed: number; readonly head: Position | undefined } | undefined;
}

interface Known {
  readonly generations: GenerationsOf;
  readonly asOf: number;
}

/** For so long a query may go on with the generation that served before a switch; that one is kept up to date. */
const pointerAgeMs = 50;
/** Far longer than another process goes on with the generation before. */
const carefulMs = 1_000;
const lookAgainMs = 20;

/** The views as queries see them: the generation that serves, up to a write, when the query names one. */
@Injectable()
export class ServingViews {
  private readonly served = new Map<string, Served>();
  private readonly known = new Map<string, Known>();
  /** The storage that queries of a view are sent to. */
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
  ): Promise<ReadableView<Doc>> {
    const position = token === undefined ? undefined : parseConsistencyToken(token);
    if (isRejection(position)) throw new InvalidConsistencyToken(position.detail);
    const started = performance.now();
    const served = await this.serving(projection, started + this.timeoutMs);
    const left = (): number => Math.max(0, this.timeoutMs - (performance.now() - started));
    await this.notBefore(served, started < served.carefulUntil, left);
    if (position !== undefined && !(await served.progress.waitUntil(position, left()))) {
      const head = await this.store.head();
      if (head !== undefined && position <= head) throw new ViewBehind(projection.name, this.timeoutMs);
      throw new InvalidConsistencyToken(
        'The consistency token is of a write that is not in the event store.',
      );
    }
    // Documents are what their projection of this name and version wrote.
    return this.answersOf(projection.name, served as Served & { readonly view: View<Doc> });
  }

  /**
   * Waits until the generation holds what the one before may have shown. When it does not come in time, that is no
   * reason to answer nothing.
   */
  private async notBefore(served: Served, isCareful: boolean, left: () => number): Promise<void> {
    const { progress, surpassed, caughtUp } = served;
    if (isCareful) {
      const head = await this.store.head();
      if (head !== undefined) await progress.waitUntil(head, left());
    }
    if (surpassed === caughtUp) return;
    // One target for all: each query's own would always be ahead.
    if (served.target?.surpassed !== surpassed) served.target = { surpassed, head: await this.store.head() };
    const { head } = served.target;
    if (head !== undefined && !(await progress.waitUntil(head, left()))) return;
    served.caughtUp = Math.max(served.caughtUp, surpassed);
  }

  /** An answer that is ready only after another generation has taken over counts: the next ones are not older. */
  private answersOf<Doc extends object>(
    name: string,
    served: { readonly view: View<Doc> },
  ): ReadableView<Doc> {
    const { view } = served;
    const noted = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
      const answered = await answer;
      const now = this.served.get(this.answering.get(name) ?? '');
      if (now !== undefined && now.view !== view) now.surpassed += 1;
      return answered;
    };
    return {
      get: (id) => noted(view.get(id)),
      getMany: (ids) => noted(view.getMany(ids)),
      find: (query) => noted(view.find(query)),
      count: (where) => noted(view.count(where)),
      checkpoint: () => noted(view.checkpoint()),
    };
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
        if (before !== undefined && before !== storage) {
          served.carefulUntil = performance.now() + carefulMs;
          served.surpassed += 1;
        }
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
    const view = this.served.has(storage) ? undefined : await this.views.existing<object>(storage);
    // Another query may have opened it meanwhile.
    const known = this.served.get(storage);
    if (known !== undefined || view === undefined) return known;
    const progress = new ViewProgress(view);
    const served = { view, progress, carefulUntil: 0, surpassed: 0, caughtUp: 0, target: undefined };
    this.served.set(storage, served);
    return served;
  }
}
