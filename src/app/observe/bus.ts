import { isRejection } from '../../kernel/rejection.js';

interface Bus {
  execute(message: object, ...more: unknown[]): Promise<unknown>;
}

/** Nest has no place between a bus and its handlers. */
export const aroundBus = (
  bus: object,
  around: (message: object, execute: (message: object) => Promise<unknown>) => Promise<unknown>,
): void => {
  const observed = bus as Bus;
  const execute = observed.execute.bind(bus);
  observed.execute = (message, ...more) => around(message, (carried) => execute(carried, ...more));
};

/** `ChangeOrder.cancel`: what a class of commands does is named in the command itself. */
export const commandName = (message: object): string => {
  const { name } = message.constructor;
  const command = 'command' in message ? message.command : undefined;
  const does = typeof command === 'object' && command !== null && 'do' in command ? command.do : undefined;
  return typeof does === 'string' ? `${name}.${does}` : name;
};

/** What came of a command. */
export const outcomeOf = (result: unknown): 'accepted' | 'repeated' | 'refused' => {
  if (isRejection(result)) return 'refused';
  const isObject = typeof result === 'object' && result !== null;
  return isObject && 'repeated' in result && result.repeated === true ? 'repeated' : 'accepted';
};
