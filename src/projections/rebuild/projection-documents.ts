import { type Build, type Comparison } from '../../ports/generations.js';
import { type Overview, type ViewStatus } from './desk.js';

/** How views and their generations are shown in JSON, by HTTP and on the command line. */

/** With the differences that were found. */
export const toDetails = (status: ViewStatus) => withComparison(status, (comparison) => comparison);

/** With their counts alone. */
export const toSummary = (status: ViewStatus) =>
  withComparison(status, ({ differences: _, ...counts }) => counts);

export const toOverview = ({ views, keepers, head }: Overview) => ({
  items: views.map(toSummary),
  processes: keepers,
  head,
});

const withComparison = <Shown>(
  { name, version, phase, serving, former, build, comparison }: ViewStatus,
  show: (comparison: Comparison) => Shown,
) => ({
  name,
  version,
  phase: hyphenated(phase),
  serving,
  former,
  build: build && toBuild(build, show),
  comparison: comparison && show(comparison),
});

const toBuild = <Shown>(
  { phase, switches, comparison, ...build }: NonNullable<ViewStatus['build']>,
  show: (comparison: Comparison) => Shown,
) => ({
  phase: hyphenated(phase),
  ...build,
  switch: hyphenated(switches),
  comparison: comparison && show(comparison),
});

/** `on command` is `on-command` in JSON. */
const hyphenated = (words: string): string => words.replaceAll(' ', '-');

export const switchesNamed = (name: 'when-equal' | 'on-command'): Build['switches'] =>
  name === 'when-equal' ? 'when equal' : 'on command';
