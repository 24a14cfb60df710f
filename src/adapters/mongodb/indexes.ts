import { type IndexDescription } from 'mongodb';
export type FixedIndexes = Readonly<Record<string, readonly IndexDescription[]>>;
