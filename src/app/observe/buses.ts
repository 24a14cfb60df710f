import { type INestApplicationContext } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { type Metrics } from '../../adapters/observed/metrics.js';
import { isRejection } from '../../kernel/rejection.js';

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

  observe(context.get(CommandBus), (message, seconds, outcome) => {
    const command = commandName(message);
    if ('fault' in outcome) commands.observe({ command, outcome: 'failed' }, seconds);
    else if (isRejection(outcome.result)) {
      commands.observe({ command, outcome: 'refused' }, seconds);
      refusals.inc({ command, code: outcome.result.code });
    } else {
      const isRepeat = isRepeated(outcome.result);
      commands.observe({ command, outcome: isRepeat ? 'repeated' : 'accepted' }, seconds);
      if (isRepeat) repeats.inc({ command });
    }
  });
  observe(context.get(QueryBus), (message, seconds, outcome) => {
    const query = message.constructor.name;
    queries.observe({ query, outcome: 'fault' in outcome ? 'failed' : 'answered' }, seconds);
  });
};

type Outcome = { readonly result: unknown } | { readonly fault: unknown };

interface Bus {
  execute(message: object, ...more: unknown[]): Promise<unknown>;
}

/** Nest has no place between a bus and its handlers. */
const observe = (bus: object, tell: (message: object, seconds: number, outcome: Outcome) => void): void => {
  const observed = bus as Bus;
  const execute = observed.execute.bind(bus);
  observed.execute = async (message, ...more) => {
    const start = performance.now();
    const seconds = (): number => (performance.now() - start) / 1_000;
    try {
      const result = await execute(message, ...more);
      tell(message, seconds(), { result });
      return result;
    } catch (fault) {
      tell(message, seconds(), { fault });
      throw fault;
    }
  };
};

/** `ChangeOrder.cancel`: what a class of commands does is named in the command itself. */
const commandName = (message: object): string => {
  const { name } = message.constructor;
  const command = 'command' in message ? message.command : undefined;
  const does = typeof command === 'object' && command !== null && 'do' in command ? command.do : undefined;
  return typeof does === 'string' ? `${name}.${does}` : name;
};

const isRepeated = (result: unknown): boolean =>
  typeof result === 'object' && result !== null && 'repeated' in result && result.repeated === true;
