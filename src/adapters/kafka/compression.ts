import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs, { type CompressionTypes as CompressionType } from 'kafkajs';

// Node finds only some of its names by themselves.
const { CompressionCodecs, CompressionTypes } = kafkajs;

export const compressions = ['none', 'gzip', 'zstd'] as const;
export type Compression = (typeof compressions)[number];

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

// kafkajs has gzip only, and takes others for the whole process.
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: { readonly buffer: Buffer }) => compress(buffer),
  decompress: (buffer: Buffer) => decompress(buffer),
});

export const compressionTypes: Readonly<Record<Compression, CompressionType>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  zstd: CompressionTypes.ZSTD,
};
