import { type View } from '../../ports/views.js';
import { type CartContents } from './cart.projection.js';

export const cartContents = async (
  view: View<CartContents>,
  cartId: string,
): Promise<CartContents | undefined> => (await view.get(cartId))?.doc;
