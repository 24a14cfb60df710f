import { Module } from '@nestjs/common';
import { Inventories } from './inventory.handlers.js';
import { InventoryReactions } from './inventory.reactions.js';

@Module({
  providers: [Inventories, InventoryReactions],
})
export class InventoryModule {}
