import { generateKeyPairSync, sign } from 'node:crypto';

/** PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const tag = { integer: 2, bits: 3, octets: 4, oid: 6, utf8: 12, time: 23, sequence: 48, set: 49 } as const;

/** One element of DER (X.690), its content shorter than 64 KiB. */
const der = (type: number, ...content: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(content);
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([type, ...size]), body]);
};
const sequence = (...content: readonly Uint8Array[]): Buffer => der(tag.sequence, ...content);
const oid = (hex: string): Buffer => der(tag.oid, Buffer.from(hex, 'hex'));
const text = (value: string): Buffer => Buffer.from(value);

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
const commonName = '550403';
const subjectAlternativeName = '551d11';

/** A self-signed certificate of this machine (RFC 5280), valid until 2049: client and server trust just this one. */
export const selfSigned = (): Certificate => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(der(tag.set, sequence(oid(commonName), der(tag.utf8, text('localhost')))));
  const alternatives = sequence(der(0x82, text('localhost')), der(0x87, Buffer.from([127, 0, 0, 1])));
  const body = sequence(
    der(0xa0, der(tag.integer, Buffer.from([2]))),
    der(tag.integer, Buffer.from([1])),
    ecdsaWithSha256,
    name,
    sequence(der(tag.time, text('250101000000Z')), der(tag.time, text('491231235959Z'))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(oid(subjectAlternativeName), der(tag.octets, alternatives)))),
  );
  const signature = der(tag.bits, Buffer.from([0]), sign('sha256', body, privateKey));
  const base64 = sequence(body, ecdsaWithSha256, signature).toString('base64').replaceAll(/.{64}/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};
