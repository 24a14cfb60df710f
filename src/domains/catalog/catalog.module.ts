import { Module } from '@nestjs/common';
import { ProductController } from './product.controller.js';
import { Products } from './product.handlers.js';

@Module({ controllers: [ProductController], providers: [Products] })
export class CatalogModule {}
