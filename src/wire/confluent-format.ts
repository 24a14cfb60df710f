import { NotConfluentFormat } from './undecodable.js';

/** Confluent's wire format: byte 0, the schema's id in 4 bytes (big endian), the record in Avro binary. */
export const headerLength = 5;

const magic = 0;

export const writeHeader = (buffer: Buffer, schemaId: number): void => {
  buffer[0] = magic;
  buffer.writeUInt32BE(schemaId, 1);
};

export interface Framed {
  readonly schemaId: number;
  readonly body: Buffer;
}

/** @throws NotConfluentFormat */
export const unframe = (value: Buffer | null): Framed => {
  if (value === null) throw new NotConfluentFormat('there is no value');
  if (value.length < headerLength) throw new NotConfluentFormat(`it has ${value.length} bytes`);
  if (value[0] !== magic) throw new NotConfluentFormat(`the first byte is ${value[0] ?? ''}`);
  return { schemaId: value.readUInt32BE(1), body: value.subarray(headerLength) };
};
