import { type Line } from '../table.js';

const atLeast = { ratioAtLeast: 0.8 };

export const realLines: readonly Line[] = [
  { figure: 'kafkaEvents', label: 'Kafka: events that are relayed', unit: '' },
  { figure: 'kafkaRaw', label: 'kafkajs, the same bytes, idempotent', unit: '/s' },
  {
    figure: 'kafkaRelayed',
    label: 'relay, store to topics, transactions',
    unit: '/s',
    of: 'kafkaRaw',
    aim: atLeast,
  },
  { figure: 'kafkaConsumed', label: 'consumer group, messages', unit: '/s' },
  ...(
    [
      ['OrderStatus', 'order status'],
      ['Inventory', 'inventory'],
      ['Payments', 'payments'],
    ] as const
  ).flatMap(([name, label]): readonly Line[] => [
    { figure: `rebuild${name}Events`, label: `MongoDB: events of the ${label} view`, unit: '' },
    { figure: `rebuild${name}Documents`, label: `documents of the ${label} view`, unit: '' },
    { figure: `rawDocuments${name}`, label: `bulkWrite, ${label} documents`, unit: '/s' },
    {
      figure: `rebuiltDocuments${name}`,
      label: `rebuild, ${label} documents`,
      unit: '/s',
      of: `rawDocuments${name}`,
      aim: atLeast,
    },
    { figure: `readWrite${name}`, label: `read events + bulkWrite, ${label}`, unit: '/s' },
    { figure: `rebuild${name}`, label: `rebuild, ${label} events`, unit: '/s', of: `readWrite${name}` },
    { figure: `rebuild${name}Mb`, label: 'its largest resident memory', unit: 'MB' },
  ]),
  { figure: 'viewWrites', label: 'view writes, 512 with checkpoint', unit: '/s' },
  { figure: 'viewWritesAlone', label: 'view writes, one with checkpoint, 16 views', unit: '/s' },
  { figure: 'registryLookups', label: 'registry lookups, 16 at once', unit: '/s' },
  { figure: 'eventStoreRawAppends', label: 'EventStoreDB test server: client, 256 writers', unit: '/s' },
  {
    figure: 'eventStoreAppends',
    label: 'appends by the adapter',
    unit: '/s',
    of: 'eventStoreRawAppends',
  },
  { figure: 'visibleRate', label: 'orders while reading back', unit: '/s' },
  { figure: 'durableP50', label: 'command sent → durable, p50', unit: 'ms' },
  { figure: 'durableP99', label: 'command sent → durable, p99', unit: 'ms' },
  { figure: 'visibleP50', label: 'durable → visible, p50', unit: 'ms' },
  { figure: 'visibleP99', label: 'durable → visible, p99', unit: 'ms' },
  { figure: 'sentToVisibleP50', label: 'command sent → visible, p50', unit: 'ms' },
  { figure: 'sentToVisibleP99', label: 'command sent → visible, p99', unit: 'ms' },
];
