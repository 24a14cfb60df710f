import { type ReadableView } from '../../ports/views.js';
import { type CartContents } from './cart.projection.js';

export const cartContents = async (
  view: ReadableView<CartContents>,
  cartId: string,
): Promise<CartContents | undefined> => (await view.get(cartId))?.doc;
