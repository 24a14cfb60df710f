import { parser } from '@prometheus-io/lezer-promql';

export interface Selector {
  readonly metric: string;
  /** Those that it is chosen by, and those by which what it selects is put together. */
  readonly labels: readonly string[];
}

/** @throws Error that shows where the expression is no PromQL */
export const selectorsOf = (text: string): readonly Selector[] => {
  const selectors: Selector[] = [];
  parser.parse(text).iterate({
    enter: ({ type, from, node }) => {
      if (type.isError) throw new Error(`No PromQL from character ${from} on: ${text}`);
      if (type.name !== 'VectorSelector') return;
      const name = node.getChild('Identifier');
      const matched = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
      const labels = matched.flatMap((matcher) => matcher.getChildren('LabelName'));
      for (let outer = node.parent; outer !== null; outer = outer.parent) {
        const modifier = outer.getChild('AggregateModifier');
        if (modifier?.getChild('By'))
          labels.push(...(modifier.getChild('GroupingLabels')?.getChildren('LabelName') ?? []));
      }
      const read = ({ from, to }: { readonly from: number; readonly to: number }) => text.slice(from, to);
      selectors.push({ metric: name === null ? '' : read(name), labels: labels.map(read) });
    },
  });
  return selectors;
};
