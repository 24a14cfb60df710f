import { type PublicEvents } from './events.generated.js';

export type PublicType = keyof PublicEvents;

/** A public record with the name of its event. */
export type PublicRecord = {
  readonly [Type in PublicType]: { readonly type: Type; readonly record: PublicEvents[Type] };
}[PublicType];
