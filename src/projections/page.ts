import { type Page, type ViewQuery } from '../ports/views.js';

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface PageOf<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

export const pageRequest = ({ limit, cursor }: PageRequest): Pick<ViewQuery, 'limit' | 'cursor'> =>
  cursor === undefined ? { limit } : { limit, cursor };

export const pageOf = <Doc, Item>(
  { items, nextCursor }: Page<Doc>,
  item: (doc: Doc) => Item,
): PageOf<Item> => ({ items: items.map(({ doc }) => item(doc)), nextCursor });
