import { reject, type Rejection } from './rejection.js';

/** A refusal unless it is a number of units: a positive integer. */
export const refuseQuantity = (
  quantity: number,
  path = 'quantity',
): Rejection<'QUANTITY_INVALID'> | undefined =>
  Number.isSafeInteger(quantity) && quantity > 0
    ? undefined
    : reject('QUANTITY_INVALID', `A quantity is a positive integer, not ${quantity}.`, path);
