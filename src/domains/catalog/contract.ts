/** All that other domains may know of catalog. */
export * from './model/product.events.js';
export {
  type Offer,
  offerOf,
  type OfferRejection,
  product,
  type ProductRejection,
  type ProductState,
} from './model/product.decider.js';
