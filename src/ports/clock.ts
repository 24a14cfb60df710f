import { type Instant } from '../kernel/envelope.js';

export interface Clock {
  now(): Instant;
}
