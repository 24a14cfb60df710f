import { type JWTPayload } from 'jose';
import { z } from 'zod';

/** A claim of this very name (which may hold dots, as a URL does), else the one that the dotted path leads to. */
export const claimAt = (claims: JWTPayload, name: string): unknown => {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((value, step) => {
    const object = objects.safeParse(value);
    return object.success && Object.hasOwn(object.data, step) ? object.data[step] : undefined;
  }, claims);
};

const objects = z.record(z.string(), z.unknown());

/** A list of texts, or one text with blanks between. What is neither counts for nothing. */
export const textsIn = (claim: unknown): readonly string[] => {
  if (typeof claim === 'string') return claim.split(' ').filter((text) => text !== '');
  return Array.isArray(claim) ? claim.filter((text) => typeof text === 'string') : [];
};

export const textIn = (claim: unknown): string | undefined => (typeof claim === 'string' ? claim : undefined);
