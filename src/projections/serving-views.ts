import { Inject, Injectable } from '@nestjs/common';
import { VIEWS } from '../execution/tokens.js';
import { type DomainEvent } from '../kernel/decider.js';
import { isRejection } from '../kernel/rejection.js';
import { type View, type Views } from '../ports/views.js';
import { parseConsistencyToken, ViewProgress } from './consistency.js';
import { type Projection, storageName, viewDefinition } from './projection.js';

export const CONSISTENCY_TIMEOUT_MS = Symbol('How long a query waits for its view');

export class InvalidConsistencyToken extends Error {}

/** The view has not got to the write that the query must see. */
export class ViewBehind extends Error {
  constructor(view: string, waitedMs: number) {
    super(`View ${view} has not got to that write within ${waitedMs} ms. Ask again shortly.`);
    this.name = 'ViewBehind';
  }
}

interface Served<Doc extends object> {
  readonly view: View<Doc>;
  readonly progress: ViewProgress;
}

/** The views as queries see them: up to a write, when the query names one. */
@Injectable()
export class ServingViews {
  private readonly served = new Map<string, Served<object>>();

  constructor(
    @Inject(VIEWS) private readonly views: Views,
    @Inject(CONSISTENCY_TIMEOUT_MS) private readonly timeoutMs: number,
  ) {}

  /**
   * @param token of the write that the answer must include
   * @throws InvalidConsistencyToken, ViewBehind
   */
  async upTo<Event extends DomainEvent, Doc extends object>(
    projection: Projection<Event, Doc>,
    token: string | undefined,
  ): Promise<View<Doc>> {
    const { view, progress } = this.open(projection);
    if (token !== undefined) {
      const position = parseConsistencyToken(token);
      if (isRejection(position)) throw new InvalidConsistencyToken(position.detail);
      if (!(await progress.waitUntil(position, this.timeoutMs))) {
        throw new ViewBehind(projection.name, this.timeoutMs);
      }
    }
    return view;
  }

  open<Event extends DomainEvent, Doc extends object>(projection: Projection<Event, Doc>): Served<Doc> {
    const name = storageName(projection);
    let served = this.served.get(name);
    if (served === undefined) {
      const view = this.views.open<object>(viewDefinition(projection));
      served = { view, progress: new ViewProgress(view) };
      this.served.set(name, served);
    }
    // Documents are what their projection of this name and version wrote.
    return served as Served<Doc>;
  }
}
