import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { EmbeddedKeys } from '../adapters/embedded/keys.js';
import { countries } from './countries.js';
import { fingerprintOf, openPersonalData, personalDataSchema, sealPersonalData } from './personal-data.js';

const schema = z.strictObject(personalDataSchema);
const contact = { name: 'Ann Example', email: 'ann@example.test' };
const address = { line1: '1 Main Street', postalCode: '12345', city: 'Springfield', country: 'DE' };
const shippingAddress = { ...address, name: null, line2: null, region: null };

describe('the personal data of a request', () => {
  it('may be left out, in part or as a whole', () => {
    expect(schema.parse({})).toStrictEqual({ contact: null, shippingAddress: null });
    expect(schema.parse({ contact, shippingAddress: address })).toStrictEqual({ contact, shippingAddress });
  });

  it.each([
    ['contact.email', { contact: { ...contact, email: 'ann.example.test' } }],
    ['contact.email', { contact: { ...contact, email: 'ann@example.test\r\nBcc: bob@example.test' } }],
    ['contact.email', { contact: { ...contact, email: `${'a'.repeat(250)}@example.test` } }],
    ['contact.name', { contact: { ...contact, name: 'Ann\nExample' } }],
    ['contact.name', { contact: { ...contact, name: ' ' } }],
    ['contact.name', { contact: { ...contact, name: 'a'.repeat(201) } }],
    ['contact.email', { contact: { name: 'Ann Example' } }],
    ['shippingAddress.country', { shippingAddress: { ...address, country: 'Germany' } }],
    ['shippingAddress.country', { shippingAddress: { ...address, country: 'XX' } }],
    ['shippingAddress.line1', { shippingAddress: { ...address, line1: '1\u0007' } }],
    ['shippingAddress', { shippingAddress: { ...address, street: 'Main Street' } }],
  ])('is refused where it is wrong: %s, without a word of it', (path, input) => {
    const { error } = schema.safeParse(input);
    expect(error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
    expect(error?.issues.map(({ message }) => message).join()).not.toMatch(/Ann|example|Main|Germany/);
  });

  it('knows the countries there are', () => {
    expect(countries.size).toBe(249);
  });
});

describe('personal data', () => {
  let dataDir: string;
  let keys: EmbeddedKeys;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'personal-'));
    keys = new EmbeddedKeys(dataDir);
  });

  afterEach(async () => {
    await keys.close();
    await rm(dataDir, { recursive: true });
  });

  it('is opened for the order that it was sealed for', async () => {
    const sealed = await sealPersonalData(keys, 'ann', 'o1', { contact, shippingAddress });
    expect(await openPersonalData(keys, 'ann', 'o1', sealed)).toStrictEqual({
      contact,
      shippingAddress,
      personalData: 'readable',
    });
    await expect(openPersonalData(keys, 'ann', 'o2', sealed)).rejects.toThrow('order-o2/contact');
  });

  it('may be there in part, and none needs no key', async () => {
    const none = { contact: null, shippingAddress: null };
    expect(await sealPersonalData(keys, 'ann', 'o1', none)).toStrictEqual(none);
    expect(await fingerprintOf(keys, 'ann', none)).toStrictEqual({});
    expect(await openPersonalData(keys, 'ann', 'o1', none)).toStrictEqual({ ...none, personalData: 'none' });
    expect(await keys.forget('ann')).toBe(false);
    const part = await sealPersonalData(keys, 'ann', 'o1', { ...none, shippingAddress });
    expect(await openPersonalData(keys, 'ann', 'o1', part)).toStrictEqual({
      contact: null,
      shippingAddress,
      personalData: 'readable',
    });
  });

  it('is forgotten with its key', async () => {
    const sealed = await sealPersonalData(keys, 'ann', 'o1', { contact, shippingAddress: null });
    await keys.forget('ann');
    expect(await openPersonalData(keys, 'ann', 'o1', sealed)).toStrictEqual({
      contact: null,
      shippingAddress: null,
      personalData: 'forgotten',
    });
  });

  it('counts in what makes a request the same', async () => {
    const print = await fingerprintOf(keys, 'ann', { contact, shippingAddress });
    expect(await fingerprintOf(keys, 'ann', { contact, shippingAddress })).toStrictEqual(print);
    for (const other of [
      { contact, shippingAddress: null },
      { contact: { ...contact, name: 'Ann' }, shippingAddress },
    ]) {
      expect(await fingerprintOf(keys, 'ann', other)).not.toStrictEqual(print);
    }
  });
});
