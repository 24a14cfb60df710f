import { parseArgs } from 'node:util';
import { parsedOrUsage, runTool, UsageError, withPlatform } from './platform.js';

const usage = `npm run customers -- forget CUSTOMER [--json]
forget deletes the customer's key, for good: name, e-mail and address cannot be read again in store, topics and views. Orders and
totals stay. A running program notices at once.`;

interface Options {
  readonly customerId: string;
  readonly json: boolean;
}

const optionsOf = (args: readonly string[]): Options => {
  const [verb, ...rest] = args;
  if (verb !== 'forget') throw new UsageError(`unknown verb ${verb ?? '(none)'}: forget is there`);
  const options = { json: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parsedOrUsage(() =>
    parseArgs({ args: rest, options, allowPositionals: true }),
  );
  const [customerId] = positionals;
  if (customerId === undefined || positionals.length > 1) throw new UsageError('forget takes one customer');
  return { customerId, json: values.json };
};

await runTool(usage, (args) => {
  const { customerId, json } = optionsOf(args);
  return withPlatform(async ({ keys }) => {
    const forgotten = await keys.forget(customerId);
    const text = forgotten
      ? `What was kept of ${customerId} cannot be read any more.`
      : `Nothing of ${customerId} is sealed: there was no key, or it has been forgotten before.`;
    process.stdout.write(`${json ? JSON.stringify({ customerId, forgotten }) : text}\n`);
    return 0;
  });
});
