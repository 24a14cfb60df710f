import { parseArgs } from 'node:util';

const engines = ['embedded', 'real'] as const;
export type Engine = (typeof engines)[number];

export type BenchCommand =
  | {
      readonly do: 'everything';
      readonly engine: Engine;
      readonly quick: boolean;
      readonly json: string | undefined;
    }
  | { readonly do: 'observed'; readonly rounds: number; readonly orders: number }
  | { readonly do: 'sustained'; readonly seconds: number; readonly p99Ms: number; readonly from: number }
  | { readonly do: 'generate'; readonly events: number; readonly data: string; readonly seed: number }
  | {
      readonly do: 'rebuild';
      /** The sizes of the histories that are made; or the folder of one that is there. */
      readonly of: readonly number[] | string;
      readonly views: readonly string[];
      readonly parallel: number;
    };

export const usage = `Usage: npm run bench [-- [--engine embedded|real] [--quick] [--json FILE]]
       npm run bench -- observed [--rounds N] [--orders N]
       npm run bench -- sustained [--seconds N] [--p99 MS] [--from N]
       npm run bench -- generate --events N --data DIR [--seed N]
       npm run bench -- rebuild [--events N,N,… | --data DIR] [--views NAME,NAME,…] [--parallel N]

Without a command: everything, in relation to the raw engine. --quick takes one short round, --json writes the figures.
--engine real measures Kafka and MongoDB, whose addresses are in KAFKA_BROKERS and MONGODB_URL, and EventStoreDB and the
schema registry where EVENTSTORE_URL and SCHEMA_REGISTRY_URL are set: stack/stack run -- npm run bench -- --engine real
observed  measures what metrics and traces cost: commands a second with neither, with metrics, and with both (3 rounds of
          3000 orders and receipts; odd rounds the other way round)
sustained orders a second that are taken with 99 % answered in time (200 ms), in steps of some seconds (10) from a rate on
          (100), then three times as many
generate  fills the empty store in DIR with the history of a shop, the same for the same seed (1)
rebuild   measures rebuilds of views (order_status,inventory,payments) on histories of so many events
          (100000,1000000,10000000), which are made in TMPDIR and removed, or on the store in DIR`;

const viewsByDefault = 'order_status,inventory,payments';
const sizesByDefault = '100000,1000000,10000000';

/** @param views those there are @returns the command, or what is wrong */
export const parseArguments = (args: readonly string[], views: readonly string[]): BenchCommand | string => {
  const [name = '', ...rest] = args;
  try {
    if (name === '' || name.startsWith('-')) {
      const options = {
        engine: { type: 'string', default: 'embedded' },
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
      } as const;
      const { values } = parseArgs({ args: [...args], options });
      const engine = engines.find((each) => each === values.engine);
      if (engine === undefined) throw new Error(`--engine ${values.engine} is neither embedded nor real.`);
      return { do: 'everything', engine, quick: values.quick, json: values.json };
    }
    if (name === 'observed') return observed(rest);
    if (name === 'sustained') return sustained(rest);
    if (name === 'generate') return generate(rest);
    if (name === 'rebuild') return rebuild(rest, views);
    throw new Error(`There is no command ${name}.`);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const text = { type: 'string' } as const;

const observed = (args: string[]): BenchCommand => {
  const options = { rounds: { ...text, default: '3' }, orders: { ...text, default: '3000' } };
  const { rounds, orders } = parseArgs({ args, options }).values;
  return { do: 'observed', rounds: whole('rounds', rounds), orders: whole('orders', orders) };
};

const sustained = (args: string[]): BenchCommand => {
  const options = {
    seconds: { ...text, default: '10' },
    p99: { ...text, default: '200' },
    from: { ...text, default: '100' },
  };
  const { seconds, p99, from } = parseArgs({ args, options }).values;
  return {
    do: 'sustained',
    seconds: whole('seconds', seconds),
    p99Ms: whole('p99', p99),
    from: whole('from', from),
  };
};

const generate = (args: string[]): BenchCommand => {
  const { values } = parseArgs({
    args,
    options: { events: text, data: text, seed: { ...text, default: '1' } },
  });
  const { events, data, seed } = values;
  if (events === undefined || data === undefined) throw new Error('generate needs --events and --data.');
  return { do: 'generate', events: whole('events', events), data, seed: whole('seed', seed) };
};

const rebuild = (args: string[], known: readonly string[]): BenchCommand => {
  const options = {
    events: text,
    data: text,
    views: { ...text, default: viewsByDefault },
    parallel: { ...text, default: '1' },
  };
  const { values } = parseArgs({ args, options });
  const { events, data } = values;
  if (events !== undefined && data !== undefined) {
    throw new Error('Either --events or --data: the store in --data has the events that it has.');
  }
  const views = values.views.split(',');
  const unknown = views.find((view) => !known.includes(view));
  if (unknown !== undefined) throw new Error(`There is no view ${unknown}; there are ${known.join(', ')}.`);
  const sizes = (events ?? sizesByDefault).split(',').map((each) => whole('events', each));
  return { do: 'rebuild', of: data ?? sizes, views, parallel: whole('parallel', values.parallel) };
};

const whole = (option: string, given: string): number => {
  const number = Number(given);
  if (!/^\d+$/.test(given) || number < 1 || !Number.isSafeInteger(number)) {
    throw new Error(`--${option} ${given} is not a whole number from 1 on.`);
  }
  return number;
};
