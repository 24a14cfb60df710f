import { Module } from '@nestjs/common';
import { Products } from './product.handlers.js';

@Module({ providers: [Products] })
export class CatalogModule {}
