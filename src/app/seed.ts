import { type INestApplicationContext } from '@nestjs/common';
import { type Command, CommandBus } from '@nestjs/cqrs';
import { productCategory } from '../domains/catalog/contract.js';
import { ChangeProduct } from '../domains/catalog/product.handlers.js';
import { inventoryCategory } from '../domains/inventory/contract.js';
import { ChangeInventory } from '../domains/inventory/inventory.handlers.js';
import { type CommandContext } from '../execution/command-context.js';
import { derivedId } from '../execution/derived-id.js';
import { streamOf } from '../kernel/ids.js';
import { type Service } from './config.js';
import { type Platform } from './platform.js';

const demo = [
  { sku: 'SKU-123', name: 'Stoneware mug', price: 1_999, stock: 100 },
  { sku: 'SKU-124', name: 'Pour-over dripper', price: 2_450, stock: 40 },
  { sku: 'SKU-125', name: 'Paper filters, 100', price: 690, stock: 500 },
  { sku: 'SKU-126', name: 'Hand grinder', price: 8_900, stock: 12 },
  { sku: 'SKU-127', name: 'Espresso beans, 1 kg', price: 2_890, stock: 200 },
  { sku: 'SKU-128', name: 'Kettle, gooseneck', price: 7_450, stock: 3 },
] as const;

/**
 * Gives an empty store a small catalogue with stock, through the real commands. Their ids are fixed, so that a
 * seeding that was cut off is finished the next time; a store that began otherwise is left alone.
 */
export const seedDemo = async (
  context: INestApplicationContext,
  { eventStore }: Platform,
  services: readonly Service[],
): Promise<void> => {
  const commands = context.get(CommandBus);
  const send = <Result>(command: Command<Result>): Promise<Result> => commands.execute(command);
  /** The ids of the commands that a stream began with: the seeding's own, unless somebody else was first. */
  const beginningOf = async (stream: string): Promise<readonly string[]> =>
    (await eventStore.readStream(stream, { limit: 2 })).map(({ metadata }) => metadata.commandId);

  const [{ sku: firstSku }] = demo;
  const begun =
    (await beginningOf(streamOf(productCategory, firstSku))).includes(idOf(firstSku, 'add')) ||
    (await beginningOf(streamOf(inventoryCategory, firstSku))).includes(idOf(firstSku, 'receive'));
  if (!begun && (await eventStore.head()) !== undefined) return;

  for (const { sku, name, price: amountMinor, stock: quantity } of demo) {
    if (services.includes('catalog') && (await beginningOf(streamOf(productCategory, sku))).length < 2) {
      const price = { amountMinor, currency: 'EUR' };
      await send(
        new ChangeProduct(sku, { do: 'add', sku, name, description: null, price }, demoContext(sku, 'add')),
      );
      await send(new ChangeProduct(sku, { do: 'publish', sku }, demoContext(sku, 'publish')));
    }
    if (services.includes('inventory') && (await beginningOf(streamOf(inventoryCategory, sku))).length < 1) {
      const receive = { do: 'receive', sku, quantity, reference: 'demo' } as const;
      await send(new ChangeInventory(sku, receive, demoContext(sku, 'receive')));
    }
  }
};

const idOf = (sku: string, step: string): string => derivedId('demo', sku, step);

const demoContext = (sku: string, step: string): CommandContext => ({
  commandId: idOf(sku, step),
  correlationId: 'demo',
  causationId: 'demo',
  actor: 'demo',
});
