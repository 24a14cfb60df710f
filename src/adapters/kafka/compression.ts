import { promisify } from 'node:util';
import { gzip, zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs, { CompressionTypes } from 'kafkajs';

export const compressions = ['none', 'gzip', 'zstd'] as const;
export type Compression = (typeof compressions)[number];

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

// kafkajs has gzip only, and takes others for the whole process.
kafkajs.CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: { readonly buffer: Buffer }) => compress(buffer),
  decompress: (buffer: Buffer) => decompress(buffer),
});

export const compressionTypes: Readonly<Record<Compression, CompressionTypes>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  zstd: CompressionTypes.ZSTD,
};

const compressors: Partial<Record<CompressionTypes, (bytes: Buffer) => Promise<Buffer>>> = {
  [CompressionTypes.GZIP]: promisify<Buffer, Buffer>(gzip),
  [CompressionTypes.ZSTD]: compress,
};

export const compressed = async (type: CompressionTypes, bytes: Buffer): Promise<Buffer> =>
  (await compressors[type]?.(bytes)) ?? bytes;
