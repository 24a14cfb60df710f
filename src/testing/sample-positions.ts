import { type Position } from '../kernel/envelope.js';

/** The n-th of some positions, in order. Where they come from does not matter to those who only keep them. */
export const positionAt = (n: number): Position => String(n * 1_000).padStart(20, '0') as Position;
