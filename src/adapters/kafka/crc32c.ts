const POLYNOMIAL = 0x82f63b78;
/** The table of the checksum, and those of a byte that 1 to 7 more bytes follow. */
const tables = Array.from({ length: 8 }, () => new Uint32Array(256));
const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
  ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
  ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
];
for (let byte = 0; byte < 256; byte += 1) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  t0[byte] = crc;
}
for (let byte = 0; byte < 256; byte += 1) {
  let crc = t0[byte] ?? 0;
  for (const table of tables.slice(1)) {
    crc = (crc >>> 8) ^ (t0[crc & 0xff] ?? 0);
    table[byte] = crc;
  }
}

/** CRC-32C (RFC 3720, B.4), eight bytes at a time: Node has the other CRC-32 only. */
export const crc32c = (bytes: Uint8Array): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let crc = 0xffff_ffff;
  let at = 0;
  for (; at + 8 <= bytes.length; at += 8) {
    const low = crc ^ view.getUint32(at, true);
    const high = view.getUint32(at + 4, true);
    crc =
      at8(t7, low) ^
      at8(t6, low >>> 8) ^
      at8(t5, low >>> 16) ^
      at8(t4, low >>> 24) ^
      at8(t3, high) ^
      at8(t2, high >>> 8) ^
      at8(t1, high >>> 16) ^
      at8(t0, high >>> 24);
  }
  for (; at < bytes.length; at += 1) crc = (crc >>> 8) ^ at8(t0, crc ^ view.getUint8(at));
  return (crc ^ 0xffff_ffff) >>> 0;
};

const at8 = (table: Uint32Array, index: number): number => table[index & 0xff] ?? 0;
