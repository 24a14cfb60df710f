import { promisify } from 'node:util';
import { gzip, zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';

export const compressions = ['none', 'gzip', 'zstd'] as const;
export type Compression = (typeof compressions)[number];

export interface Codec {
  /** https://kafka.apache.org/documentation/#recordbatch: the lowest three bits of the attributes. */
  readonly attribute: number;
  readonly compress: (records: Buffer) => Buffer | Promise<Buffer>;
}

export const codecs: Readonly<Record<Compression, Codec>> = {
  none: { attribute: 0, compress: (records) => records },
  gzip: { attribute: 1, compress: promisify(gzip) },
  zstd: { attribute: 4, compress: promisify(zstdCompress) },
};

const decompress = promisify(zstdDecompress);

// For reading. kafkajs has gzip only, and takes others for the whole process.
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: { readonly buffer: Buffer }) => codecs.zstd.compress(buffer),
  decompress: (buffer: Buffer) => decompress(buffer),
});
