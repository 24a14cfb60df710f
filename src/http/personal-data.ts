import { z } from 'zod';
import {
  type Contact,
  contactOf,
  type SealedPersonalData,
  type ShippingAddress,
  shippingAddressOf,
} from '../domains/order/contract.js';
import { type Sealed } from '../kernel/sealed.js';
import { type Keys } from '../ports/keys.js';
import * as contract from './contract.js';
import { countries } from './countries.js';
import { textSchema } from './input.js';

const optionalText = (max: number) => textSchema(max).nullable().default(null);

/** What a request may say of a person, beside its other fields. */
export const personalDataSchema = {
  contact: z
    .strictObject({ name: textSchema(200), email: z.email('must be an e-mail address').max(254) })
    .nullable()
    .default(null),
  shippingAddress: z
    .strictObject({
      name: optionalText(200),
      line1: textSchema(200),
      line2: optionalText(200),
      postalCode: textSchema(20),
      city: textSchema(100),
      region: optionalText(100),
      country: z
        .string()
        .regex(/^[A-Z]{2}$/, 'must be an ISO 3166 code such as DE')
        .refine((code) => countries.has(code), 'must be an ISO 3166 code such as DE'),
    })
    .nullable()
    .default(null),
};

interface PersonalData {
  readonly contact: Contact | null;
  readonly shippingAddress: ShippingAddress | null;
}

/**
 * What stands for the personal data in what makes a request the same request: a digest that nobody can compute
 * without the customer's key. Nothing where there is none.
 */
export const fingerprintOf = async (
  keys: Keys,
  customerId: string,
  { contact, shippingAddress }: PersonalData,
): Promise<{ readonly personalData?: string }> =>
  contact === null && shippingAddress === null
    ? {}
    : { personalData: await keys.fingerprint(customerId, JSON.stringify({ contact, shippingAddress })) };

/** As it goes into events. */
export const sealPersonalData = async (
  keys: Keys,
  customerId: string,
  orderId: string,
  { contact, shippingAddress }: PersonalData,
): Promise<SealedPersonalData> => {
  const seal = (purpose: string, data: object | null): Promise<Sealed> | null =>
    data === null ? null : keys.seal(customerId, purpose, JSON.stringify(data));
  return {
    contact: await seal(contactOf(orderId), contact),
    shippingAddress: await seal(shippingAddressOf(orderId), shippingAddress),
  };
};

/** As the order's own query answers it. @throws UnreadableSeal */
export const openPersonalData = async (
  keys: Keys,
  customerId: string,
  orderId: string,
  sealed: SealedPersonalData,
): Promise<z.infer<typeof contract.personalData>> => {
  const open = async <Data>(
    schema: z.ZodType<Data>,
    purpose: string,
    text: Sealed | null,
  ): Promise<Data | null> => {
    const opened = text === null ? undefined : await keys.open(customerId, purpose, text);
    return opened === undefined ? null : schema.parse(JSON.parse(opened));
  };
  const contact = await open(contract.contact, contactOf(orderId), sealed.contact);
  const shippingAddress = await open(
    contract.shippingAddress,
    shippingAddressOf(orderId),
    sealed.shippingAddress,
  );
  const given = sealed.contact !== null || sealed.shippingAddress !== null;
  const forgotten =
    (sealed.contact !== null && contact === null) ||
    (sealed.shippingAddress !== null && shippingAddress === null);
  return {
    contact,
    shippingAddress,
    personalData: forgotten ? 'forgotten' : given ? 'readable' : 'none',
  };
};
