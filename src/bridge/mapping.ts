import { type DomainEvent, type EventVersions } from '../kernel/decider.js';
import { type Instant, type RecordedEvent, upcast } from '../kernel/envelope.js';
import { type PublicEvents, type recordNames } from '../wire/events.generated.js';
import { type PublicRecord, type PublicType } from '../wire/public-record.js';

/** The public types that the topic of a domain carries. */
type TypesOf<Domain extends string> = {
  [Type in PublicType]: (typeof recordNames)[Type] extends `commerce.${Domain}.${string}` ? Type : never;
}[PublicType];

type DataOf<Event extends DomainEvent, Type extends Event['type']> = Extract<Event, { type: Type }>['data'];

/** `same` where the stored fact has no more fields than the public record; else a function. */
type Mapping<Data, Public> =
  | ((data: Data) => Public)
  | (Data extends Public ? (Exclude<keyof Data, keyof Public> extends never ? 'same' : never) : never);

/** One for every type; it does not compile when the domain has no schema for the type, or the schema another shape. */
export type Mappings<Event extends DomainEvent, Domain extends string> = {
  readonly [Type in Event['type']]: Type extends TypesOf<Domain>
    ? Mapping<DataOf<Event, Type>, PublicEvents[Type]>
    : never;
};

/** The facts of one category of streams. */
export interface Category {
  readonly versions: EventVersions<DomainEvent>;
  /** @throws UnknownEvent */
  toPublic(event: RecordedEvent): PublicRecord;
}

export const category = <Event extends DomainEvent, Domain extends string>(
  versions: EventVersions<Event>,
  mappings: Mappings<Event, Domain>,
): Category => ({
  versions,
  toPublic(event) {
    const { type, data } = upcast(versions, event, 'The bridge');
    const mapping = mappings[type as Event['type']] as 'same' | ((data: object) => object);
    // `Mappings` has seen to it that type and record belong together, which is lost by looking up with a variable.
    return { type, record: mapping === 'same' ? data : mapping(data) } as PublicRecord;
  },
});

export const millis = (instant: Instant): number => Date.parse(instant);
