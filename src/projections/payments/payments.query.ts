import { type ReadableView } from '../../ports/views.js';
import { type PaymentDetails } from './payments.projection.js';

export const paymentDetails = async (
  view: ReadableView<PaymentDetails>,
  paymentId: string,
): Promise<PaymentDetails | undefined> => (await view.get(paymentId))?.doc;
