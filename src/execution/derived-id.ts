import { hash } from 'node:crypto';

/**
 * The same parts always give the same id (RFC 9562, version 5 layout over a SHA-1 of the parts), so that whatever
 * is sent again after a crash is recognised by its receiver.
 */
export const derivedId = (...parts: readonly (string | number)[]): string => {
  const digest = hash('sha1', parts.join('\u0000'), 'hex');
  const variant = ((parseInt(digest.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return (
    `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-` +
    `${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`
  );
};
