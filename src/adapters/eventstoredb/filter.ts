import streams from '@eventstore/db-client/generated/streams_pb.js';
import { type EventFilter } from '../../ports/event-store.js';
import { type Heading, isOfTheSystem } from './envelope.js';

export interface CompiledFilter {
  /** Events of the system never match. */
  readonly matches: (heading: Heading) => boolean;
  /** Whether the server holds back events of this system, so that nothing may come for long. */
  readonly isNarrow: boolean;
  /**
   * What the server looks at; it lets through what `matches` and perhaps more.
   * @param window how many events the server considers at once, and the most between two checkpoints
   */
  readonly onServer: (window: number) => streams.ReadReq.Options.FilterOptions;
}

type Expression = streams.ReadReq.Options.FilterOptions.Expression;

const { FilterOptions } = streams.ReadReq.Options;

const byPrefixes = (prefixes: readonly string[]): Expression =>
  new FilterOptions.Expression().setPrefixList([...prefixes]);

/** The server filters by streams or by types, not by either: both together are told apart here. */
export const compileFilter = (filter: EventFilter = {}): CompiledFilter => {
  const { streamPrefixes: prefixes = [], types = [] } = filter;
  const wanted = new Set(types);
  const all = prefixes.length + types.length === 0 || prefixes.includes('');
  const isNarrow = !all && (prefixes.length === 0 || types.length === 0);
  return {
    matches: (heading) =>
      !isOfTheSystem(heading) &&
      (all || wanted.has(heading.type) || prefixes.some((prefix) => heading.stream.startsWith(prefix))),
    isNarrow,
    onServer: (window) => {
      const options = new FilterOptions().setMax(window).setCheckpointintervalmultiplier(1);
      if (!isNarrow) {
        return options.setEventType(new FilterOptions.Expression().setRegex('^[^$].*'));
      }
      return prefixes.length > 0
        ? options.setStreamIdentifier(byPrefixes(prefixes))
        : options.setEventType(byPrefixes(types));
    },
  };
};
