import type { FastifyCompressOptions } from '@fastify/compress';

/**
 * How answers are compressed, for clients that ask for it. Where a client takes several, the first of these; zstd where this
 * Node has it (22.15 and newer).
 */
export const answerCompression = {
  // A body that is compressed is read by the receivers alone.
  globalDecompression: false,
  encodings: ['br', 'zstd', 'gzip'],
} satisfies FastifyCompressOptions;
