import { type INestApplicationContext } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { type Metrics } from '../../adapters/observed/metrics.js';
import { isRejection } from '../../kernel/rejection.js';
import { aroundBus, commandName, outcomeOf } from './bus.js';

/** How many commands and queries are carried out, with what outcome, and how long each takes. */
export const observeBuses = (context: INestApplicationContext, metrics: Metrics): void => {
  const commands = metrics.durations('commerce_command_duration_seconds', 'Commands by their outcome', [
    'command',
    'outcome',
  ]);
  const refusals = metrics.counter('commerce_command_refusals_total', 'Commands that were refused, by why', [
    'command',
    'code',
  ]);
  const repeats = metrics.counter(
    'commerce_idempotent_repeats_total',
    'Commands that had been carried out before and were answered again',
    ['command'],
  );
  const queries = metrics.durations('commerce_query_duration_seconds', 'Queries', ['query', 'outcome']);

  observe(context.get(CommandBus), (message, seconds, end) => {
    const command = commandName(message);
    const outcome = 'fault' in end ? 'failed' : outcomeOf(end.result);
    commands.observe({ command, outcome }, seconds);
    if ('result' in end && isRejection(end.result)) refusals.inc({ command, code: end.result.code });
    if (outcome === 'repeated') repeats.inc({ command });
  });
  observe(context.get(QueryBus), (message, seconds, end) => {
    const query = message.constructor.name;
    queries.observe({ query, outcome: 'fault' in end ? 'failed' : 'answered' }, seconds);
  });
};

type End = { readonly result: unknown } | { readonly fault: unknown };

const observe = (bus: object, tell: (message: object, seconds: number, end: End) => void): void => {
  aroundBus(bus, async (message, execute) => {
    const start = performance.now();
    const seconds = (): number => (performance.now() - start) / 1_000;
    try {
      const result = await execute(message);
      tell(message, seconds(), { result });
      return result;
    } catch (fault) {
      tell(message, seconds(), { fault });
      throw fault;
    }
  });
};
