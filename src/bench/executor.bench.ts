import { randomUUID } from 'node:crypto';
import { openEmbedded } from '../adapters/embedded/index.js';
import { systemClock } from '../adapters/embedded/system-clock.js';
import { inventory } from '../domains/inventory/contract.js';
import { type CommandContext } from '../execution/command-context.js';
import { CommandExecutor } from '../execution/command-executor.js';
import { isRejection } from '../kernel/rejection.js';
import { type Figures, inFreshFolder, rateOf } from './measure.js';
import { writers } from './raw-append.bench.js';

type Inventories = ReturnType<typeof executorOf>;
type Command = Parameters<Inventories['execute']>[0]['command'];

const executorOf = (store: ReturnType<typeof openEmbedded>['eventStore']) =>
  new CommandExecutor(inventory, store, systemClock);

/** Each command begins a stream of its own, so that looking whether it exists is part of the price. */
export const executorDistinct = (seconds: number): Promise<Figures> =>
  withExecutor(async (executor) => {
    let count = 0;
    const rate = await rateOf(writers, seconds, () =>
      accepted(executor, {
        do: 'receive',
        sku: `SKU-${(count += 1)}`,
        quantity: 1,
        reference: 'a delivery of the benchmark',
      }),
    );
    return { executorDistinct: rate };
  });

/** A flash sale: everybody reserves one unit of the same SKU. */
export const executorHot = (seconds: number): Promise<Figures> =>
  withExecutor(async (executor) => {
    const sku = 'SKU-hot';
    await accepted(executor, { do: 'receive', sku, quantity: 1_000_000_000, reference: null });
    const expiresAt = new Date(Date.now() + 900_000).toISOString();
    const rate = await rateOf(writers, seconds, () => {
      const orderId = randomUUID();
      return accepted(executor, {
        do: 'reserve',
        sku,
        reservationId: orderId,
        orderId,
        quantity: 1,
        expiresAt,
      });
    });
    return { executorHot: rate };
  });

const withExecutor = (measure: (executor: Inventories) => Promise<Figures>): Promise<Figures> =>
  inFreshFolder(async (dataDir) => {
    const { eventStore, close } = openEmbedded({ dataDir });
    const figures = await measure(executorOf(eventStore));
    await close();
    return figures;
  });

const accepted = async (executor: Inventories, command: Command): Promise<void> => {
  const outcome = await executor.execute({ id: command.sku, command, context: newContext() });
  if (isRejection(outcome) || outcome.events.length !== 1) throw new Error(`Not carried out: ${command.do}`);
};

const newContext = (): CommandContext => {
  const commandId = randomUUID();
  return { commandId, correlationId: commandId, causationId: commandId, actor: 'bench' };
};
