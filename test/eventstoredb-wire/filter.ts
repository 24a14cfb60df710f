import { type CallError, invalid, unknown } from './errors.js';
import { type Entry } from './log.js';
import { streams } from './proto.js';

export interface Filter {
  matches(entry: Entry): boolean;
  /** How many events a page of history considers at most. */
  readonly window: number;
  /** A checkpoint is due after so many events considered. */
  readonly checkpointInterval: number;
}

const defaultWindow = 32;

export const filterOf = (options: streams.ReadReq.Options.FilterOptions): Filter | CallError => {
  const { WindowCase } = streams.ReadReq.Options.FilterOptions;
  const window = options.getWindowCase() === WindowCase.MAX ? options.getMax() : defaultWindow;
  const checkpointInterval = options.getCheckpointintervalmultiplier() * window;
  if (checkpointInterval === 0) return invalid('The checkpoint interval and its window must be positive.');
  const byStream = options.getStreamIdentifier();
  const expression = byStream ?? options.getEventType();
  if (!expression) return invalid('A filter is by stream or by event type.');
  const test = testOf(expression);
  if (typeof test !== 'function') return test;
  const matches = byStream
    ? (entry: Entry): boolean => test(entry.stream)
    : (entry: Entry): boolean => test(entry.type);
  return { matches, window, checkpointInterval };
};

const testOf = (
  expression: streams.ReadReq.Options.FilterOptions.Expression,
): ((text: string) => boolean) | CallError => {
  const source = expression.getRegex();
  const prefixes = expression.getPrefixList();
  if (source === '') return (text) => prefixes.some((prefix) => text.startsWith(prefix));
  try {
    const regex = new RegExp(source);
    return (text) => regex.test(text);
  } catch (error) {
    return unknown(`Invalid pattern '${source}': ${String(error)}`);
  }
};
