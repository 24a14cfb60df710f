/**
 * Personal data as ciphertext under a key of its customer: opaque text that only the keys port reads. Whoever deletes
 * the key makes it unreadable wherever it is stored.
 */
export type Sealed = string & { readonly __sealed: never };
