import { type Figures, median } from './measure.js';

export interface Line {
  readonly figure: string;
  readonly label: string;
  readonly unit: '/s' | 'ms' | 'MB' | '';
  /** The figure that it is compared with. */
  readonly of?: string;
  readonly aim?: { readonly ratioAtLeast: number } | { readonly below: number };
}

export const embeddedLines: readonly Line[] = [
  { figure: 'rawAppends', label: 'raw append, 256 writers', unit: '/s' },
  {
    figure: 'executorDistinct',
    label: 'executor, distinct streams',
    unit: '/s',
    of: 'rawAppends',
    aim: { ratioAtLeast: 0.5 },
  },
  {
    figure: 'executorHot',
    label: 'executor, one hot stream',
    unit: '/s',
    of: 'rawAppends',
    aim: { ratioAtLeast: 0.5 },
  },
  { figure: 'httpReceipts', label: 'HTTP, stock receipts', unit: '/s', of: 'rawAppends' },
  { figure: 'httpOrders', label: 'HTTP, orders placed', unit: '/s', of: 'rawAppends' },
  { figure: 'confirmedOrders', label: 'orders from placed to confirmed', unit: '/s', of: 'rawAppends' },
  { figure: 'visibleRate', label: 'orders while reading back (a tenth)', unit: '/s', of: 'confirmedOrders' },
  { figure: 'visibleP50', label: 'write answered → visible, p50', unit: 'ms' },
  { figure: 'visibleP99', label: 'write answered → visible, p99', unit: 'ms', aim: { below: 50 } },
  { figure: 'sentToVisibleP50', label: 'command sent → visible, p50', unit: 'ms' },
  { figure: 'sentToVisibleP99', label: 'command sent → visible, p99', unit: 'ms', aim: { below: 50 } },
  { figure: 'liveOpen', label: 'live orders, streams open', unit: '' },
  { figure: 'liveMb', label: 'resident memory with them', unit: 'MB' },
  { figure: 'livePushed', label: 'updates that clients received', unit: '' },
  { figure: 'liveLost', label: 'updates lost', unit: '', aim: { below: 1 } },
  { figure: 'livePushRate', label: 'updates while orders are shipped', unit: '/s' },
  { figure: 'liveP50', label: 'command answered → update received, p50', unit: 'ms' },
  { figure: 'liveP99', label: 'command answered → update received, p99', unit: 'ms', aim: { below: 50 } },
  { figure: 'rebuildOrderStatusEvents', label: 'events of the order status view', unit: '' },
  { figure: 'readWriteOrderStatus', label: 'raw read + write, order status', unit: '/s' },
  { figure: 'rebuildOrderStatus', label: 'rebuild, order status', unit: '/s', of: 'readWriteOrderStatus' },
  { figure: 'rawDocumentsOrderStatus', label: 'raw write, order status documents', unit: '/s' },
  {
    figure: 'rebuiltDocumentsOrderStatus',
    label: 'rebuild, order status documents',
    unit: '/s',
    of: 'rawDocumentsOrderStatus',
    aim: { ratioAtLeast: 0.8 },
  },
  { figure: 'rebuildOrderStatusMb', label: 'its largest resident memory', unit: 'MB' },
  { figure: 'rebuildInventoryEvents', label: 'events of the inventory view', unit: '' },
  { figure: 'readWriteInventory', label: 'raw read + write, inventory', unit: '/s' },
  { figure: 'rebuildInventory', label: 'rebuild, inventory', unit: '/s', of: 'readWriteInventory' },
  { figure: 'rawDocumentsInventory', label: 'raw write, inventory documents', unit: '/s' },
  {
    figure: 'rebuiltDocumentsInventory',
    label: 'rebuild, inventory documents',
    unit: '/s',
    of: 'rawDocumentsInventory',
    aim: { ratioAtLeast: 0.8 },
  },
  { figure: 'rebuildInventoryMb', label: 'its largest resident memory', unit: 'MB' },
  { figure: 'relayEvents', label: 'events that are relayed', unit: '' },
  { figure: 'rawPublished', label: 'raw publish of the same bytes', unit: '/s' },
  {
    figure: 'relayed',
    label: 'relay, store to topics',
    unit: '/s',
    of: 'rawPublished',
    aim: { ratioAtLeast: 0.8 },
  },
  { figure: 'rawEncoded', label: 'raw avsc', unit: '/s' },
  { figure: 'encoded', label: 'encoder', unit: '/s', of: 'rawEncoded', aim: { ratioAtLeast: 0.8 } },
  { figure: 'relayMemoryEvents', label: 'events relayed by one process', unit: '' },
  { figure: 'relayMemoryRate', label: 'its rate, start included', unit: '/s' },
  { figure: 'relayMemoryMb', label: 'its largest resident memory', unit: 'MB' },
  { figure: 'startMs', label: 'start to ready, empty store', unit: 'ms' },
  { figure: 'idleMb', label: 'resident memory, idle', unit: 'MB' },
];

/** Medians over the rounds. Ratios are taken within a round, since the machine may be slower in another. */
export const summarise = (rounds: readonly Figures[], lines: readonly Line[]) =>
  lines.map(({ figure, label, unit, of, aim }) => {
    const values = rounds.map((round) => round[figure] ?? NaN);
    const value = median(values);
    const ratio =
      of === undefined ? null : median(rounds.map((round) => (round[figure] ?? NaN) / (round[of] ?? NaN)));
    const reached =
      aim === undefined ? null : 'below' in aim ? value < aim.below : (ratio ?? NaN) >= aim.ratioAtLeast;
    return { figure, label, unit, value, of: of ?? null, ratio, aim: aim ?? null, reached, values };
  });

export type Summary = ReturnType<typeof summarise>;

export const tableOf = (summary: Summary): string => {
  const rows = summary.map(({ label, unit, value, of, ratio, aim, reached }) => [
    label,
    `${numberOf(value)} ${unit}`.trim(),
    ratio === null ? '' : ratio.toFixed(3),
    summary.find(({ figure }) => figure === of)?.label ?? '',
    aim === null ? '' : 'below' in aim ? `< ${aim.below} ${unit}`.trim() : `≥ ${aim.ratioAtLeast}`,
    reached === null ? '' : reached ? 'reached' : 'missed',
  ]);
  const all = [['', 'median', 'ratio', 'of', 'aim', ''], ...rows];
  return aligned(all, [1, 2]);
};

/** Columns as wide as their widest cell. @param right those whose cells end together; all but the first unless given */
export const aligned = (rows: readonly (readonly string[])[], right?: readonly number[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const isRight = (column: number): boolean => right?.includes(column) ?? column > 0;
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          isRight(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

export const numberOf = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });
