import { Module } from '@nestjs/common';
import { InventoryController } from './inventory.controller.js';
import { Inventories } from './inventory.handlers.js';
import { InventoryReactions } from './inventory.reactions.js';

@Module({
  controllers: [InventoryController],
  providers: [Inventories, InventoryReactions],
})
export class InventoryModule {}
