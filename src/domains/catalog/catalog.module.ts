import { Module } from '@nestjs/common';
import { ProductController } from './product.controller.js';
import { ChangeProductHandler, Products } from './product.handlers.js';

@Module({ controllers: [ProductController], providers: [Products, ChangeProductHandler] })
export class CatalogModule {}
