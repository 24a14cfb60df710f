import {
  type EventMetadata,
  type NewEvent,
  type Position,
  type RecordedEvent,
} from '../../kernel/envelope.js';
import { type EventText } from '../../ports/event-store.js';

/** Columns of `events` in the order in which they are bound and read. */
export type EventRow = readonly [
  position: number,
  stream: string,
  revision: number,
  id: string,
  type: string,
  version: number,
  data: string,
  metadata: string,
];

export const EVENT_COLUMNS = 'position, stream, revision, id, type, version, data, metadata';

const POSITION_DIGITS = 20;

/** Zero-padded, so that text order is commit order. */
export const toPosition = (position: number): Position =>
  String(position).padStart(POSITION_DIGITS, '0') as Position;

export const fromPosition = (position: Position): number => Number(position);

export type EncodedEvent = readonly [
  id: string,
  type: string,
  version: number,
  data: string,
  metadata: string,
];

export const encodeEvent = (event: NewEvent): EncodedEvent => [
  event.id,
  event.type,
  event.version,
  JSON.stringify(event.data),
  JSON.stringify(event.metadata),
];

export const toEventText = (row: EventRow): EventText => ({
  id: row[3],
  type: row[4],
  version: row[5],
  data: row[6],
  metadata: row[7],
  stream: row[1],
  revision: row[2],
  position: toPosition(row[0]),
});

export const toEvent = (row: EventRow): RecordedEvent => ({
  id: row[3],
  type: row[4],
  version: row[5],
  data: JSON.parse(row[6]) as object,
  metadata: JSON.parse(row[7]) as EventMetadata,
  stream: row[1],
  revision: row[2],
  position: toPosition(row[0]),
});
