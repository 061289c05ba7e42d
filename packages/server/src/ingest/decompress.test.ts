/** What the OpenTelemetry Collector 0.164 sent in each of its compressions, and what no sender should. */
import { readdirSync, readFileSync } from 'node:fs';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decompress } from './decompress.ts';
import { MemoryBudget } from './memory-budget.ts';
import { seededRandom, testSeed } from './testing/random.ts';

const folder = new URL('../../../../conformance/compressed/', import.meta.url);
const read = (file: string): Buffer => readFileSync(new URL(file, folder));
const files = readdirSync(folder).filter((file) => file.startsWith('traces-'));
const encodingOf = (file: string): string => file.slice(file.indexOf('.') + 1);
const plainOf = async (file: string): Promise<Buffer> =>
  undo(read(`${file.slice(0, file.indexOf('.'))}.gzip`), 'gzip');

async function undo(body: Buffer, encoding: string, bytesMax = 1 << 20): Promise<Buffer> {
  return decompress(body, encoding, { bytesMax, share: new MemoryBudget(4 << 20).open() });
}

test.each(files)('%s gives the bytes that were compressed', async (file) => {
  const plain = await plainOf(file);
  expect(plain.length).toBe(file.startsWith('traces-json') ? 69_991 : 21_826);
  expect((await undo(read(file), encodingOf(file))).equals(plain)).toBe(true);
});

test.each(files)('%s is refused where it is cut, and never gives more than it holds', async (file) => {
  const body = read(file);
  for (const length of [1, 9, 12, body.length >> 1, body.length - 9])
    await expect(undo(body.subarray(0, length), encodingOf(file))).rejects.toMatchObject({
      code: 'unreadable_payload',
    });
});

test.each(files)('%s is refused one byte beyond the limit', async (file) => {
  const { length } = await plainOf(file);
  expect((await undo(read(file), encodingOf(file), length)).length).toBe(length);
  await expect(undo(read(file), encodingOf(file), length - 1)).rejects.toMatchObject({
    code: 'payload_too_large',
  });
});

const skippable = Buffer.from('502a4d1803000000010203', 'hex');

test('All frames of zstd are read, whatever stands between them', async () => {
  const [first, second] = [Buffer.alloc(100_000, 'a'), Buffer.from('b')];
  const body = Buffer.concat([skippable, zstdCompressSync(first), skippable, zstdCompressSync(second)]);
  expect((await undo(body, 'zstd')).equals(Buffer.concat([first, second]))).toBe(true);
});

test('Frames of zstd count together, and no body has more of them than can be held', async () => {
  const frame = zstdCompressSync(Buffer.alloc(1000));
  const frames = (count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => frame));
  expect((await undo(frames(20), 'zstd', 20_000)).length).toBe(20_000);
  await expect(undo(frames(20), 'zstd', 19_999)).rejects.toMatchObject({ code: 'payload_too_large' });
  const share = new MemoryBudget(64 << 20).open();
  await expect(decompress(frames(257), 'zstd', { bytesMax: 1 << 20, share })).rejects.toMatchObject({
    code: 'unreadable_payload',
  });
});

test.each([
  ['zstd', zstdCompressSync(Buffer.from('a'))],
  ['deflate', deflateSync(Buffer.from('a'))],
  ['gzip', gzipSync(Buffer.from('a'))],
])('What follows the end of %s is not passed over', async (encoding, body) => {
  const longer = Buffer.concat([body, Buffer.from('more of it')]);
  await expect(undo(longer, encoding)).rejects.toMatchObject({ code: 'unreadable_payload' });
});

/** As much as fits into few bytes, by hand: no library that writes these formats is at hand. */
const bombs = {
  gzip: gzipSync(Buffer.alloc(8 << 20)),
  zstd: zstdCompressSync(Buffer.alloc(8 << 20)),
  // Length 8 MiB and one, one literal byte, then 2^17 copies of 64 bytes from one byte before.
  snappy: Buffer.concat([
    Buffer.from('818080040000', 'hex'),
    ...Array.from({ length: 1 << 17 }, () => Buffer.from('fe0100', 'hex')),
  ]),
  // Frames of 64 KiB without checksums, uncompressed length in each block.
  'x-snappy-framed': Buffer.concat([
    Buffer.from('ff060000734e61507059', 'hex'),
    ...Array.from({ length: 128 }, () => snappyFrame()),
  ]),
  // Blocks of 4 MiB: one literal byte and a copy as long as a block may be.
  lz4: Buffer.concat([
    Buffer.from('04224d18407000', 'hex'),
    ...Array.from({ length: 2 }, () => lz4Block()),
    Buffer.alloc(4),
  ]),
};

function snappyFrame(): Buffer {
  const copies = Array.from({ length: 1023 }, () => Buffer.from('fe0100', 'hex'));
  const block = Buffer.concat([Buffer.from('c1ff030000', 'hex'), ...copies]);
  const head = Buffer.alloc(8);
  head.writeUIntLE(block.length + 4, 1, 3);
  return Buffer.concat([head, block]);
}

function lz4Block(): Buffer {
  const lengths = Buffer.alloc(16_447, 0xff);
  const block = Buffer.concat([Buffer.from('1f000100', 'hex'), lengths, Buffer.from('00', 'hex')]);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(block.length);
  return Buffer.concat([head, block]);
}

test.each(Object.entries(bombs))('A bomb of %s is stopped at the limit', async (encoding, bomb) => {
  await expect(undo(bomb, encoding)).rejects.toMatchObject({ code: 'payload_too_large' });
});

test.each(Object.entries(bombs))('Bombs of %s share one memory', async (encoding, bomb) => {
  const memory = new MemoryBudget(3 << 20);
  const share = memory.open();
  const outcome = decompress(bomb, encoding, { bytesMax: 256 << 20, share });
  await expect(outcome).rejects.toMatchObject({ code: 'overloaded' });
  expect(memory.bytes).toBeLessThanOrEqual(3 << 20);
  share.release();
  expect(memory.bytes).toBe(0);
});

test('A window of zstd beyond 8 MiB is refused before it is made', async () => {
  // Magic, a frame without content size, a window of 128 MiB, one raw block of one byte.
  const frame = Buffer.from('28b52ffd' + '00' + '88' + '090000' + '61', 'hex');
  await expect(undo(frame, 'zstd')).rejects.toMatchObject({ code: 'unreadable_payload' });
});

test('A block of Snappy that claims more than its bytes can hold is refused before there is room for it', async () => {
  await expect(undo(Buffer.from('ffffff1f0061', 'hex'), 'snappy', 256 << 20)).rejects.toMatchObject({
    code: 'unreadable_payload',
  });
});

test('Damaged bytes are refused or give bounded ones, and never anything else', async () => {
  const random = seededRandom(testSeed());
  for (let round = 0; round < 2_000; round += 1) {
    const file = random.pick(files.filter((name) => /snappy|lz4/.test(name)));
    const body = read(file);
    for (let i = random.int(4); i >= 0; i -= 1) body[random.int(body.length)] = random.int(256);
    const outcome = await undo(body, encodingOf(file)).catch((error: unknown) => error);
    if (Buffer.isBuffer(outcome)) expect(outcome.length).toBeLessThanOrEqual(1 << 20);
    else expect(outcome).toMatchObject({ name: 'SightlineError' });
  }
});

test.each(['br', 'gzip, gzip', '__proto__', 'constructor'])(
  '"%s" is named as not supported',
  async (name) => {
    await expect(undo(Buffer.from('x'), name)).rejects.toMatchObject({
      code: 'unsupported_media_type',
      message: expect.stringContaining(`"${name}"`) as unknown,
      hint: 'Send gzip, deflate, zstd, snappy, lz4 or no compression.',
    });
  },
);
