import { type RecordedEvent } from '../../kernel/envelope.js';
import { type EventStore } from '../../ports/event-store.js';
import { type Generations } from '../../ports/generations.js';
import { type View, type Views } from '../../ports/views.js';
import { allProjections } from '../../projections/all.js';
import { refold } from '../../projections/refold.js';

/** Every event there is, in commit order. */
export const allEvents = async (store: EventStore): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  if ((await store.head()) === undefined) return events;
  const subscription = store.subscribe({ from: 'start' });
  for await (const delivery of subscription) {
    events.push(...delivery.events);
    if (delivery.caughtUp) break;
  }
  await subscription.close();
  return events;
};

type Documents = Readonly<Record<string, Readonly<Record<string, object>>>>;

interface Stored {
  readonly views: Views;
  readonly generations: Generations;
}

/** What the generations that serve hold: documents by view and id. */
export const storedViews = async ({ views, generations }: Stored): Promise<Documents> => {
  const all = allProjections.map(async ({ projection }) => {
    const storage = (await generations.load(projection.name))?.generations.serving?.storage;
    const documents =
      storage === undefined ? {} : await allDocuments(views.open<object>({ name: storage, indexes: [] }));
    return [projection.name, documents] as const;
  });
  return Object.fromEntries(await Promise.all(all));
};

/** What the views must hold. */
export const foldedViews = (events: readonly RecordedEvent[]): Documents =>
  Object.fromEntries(
    allProjections.map(({ projection }) => [
      projection.name,
      Object.fromEntries(refold(projection, events)) as Record<string, object>,
    ]),
  );

const allDocuments = async (view: View<object>): Promise<Record<string, object>> => {
  const documents: Record<string, object> = {};
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = await view.find({ limit: 500, ...(cursor === undefined ? {} : { cursor }) });
    for (const { id, doc } of page.items) documents[id] = doc;
    cursor = page.nextCursor;
  }
  return documents;
};
