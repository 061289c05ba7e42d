import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unixNano } from '@sightline/base';
import { encodeEnvelope, encodeEnvelopeHead, stampHead, type Envelope } from './envelope.ts';
import { scanPlain, scanSegment } from './scan-segment.ts';

const envelopes: fc.Arbitrary<Envelope> = fc.record({
  signal: fc.constantFrom('traces', 'logs', 'metrics'),
  project: fc.string({ minLength: 1, unit: 'grapheme' }),
  receivedUnixNano: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }).map(unixNano),
  accepted: fc.nat(),
  rejections: fc.array(fc.record({ reason: fc.string(), count: fc.nat() }), { maxLength: 3 }),
  request: fc.uint8Array({ maxLength: 400 }),
});

const marker = Buffer.from('0123456789abcdef', 'hex');

/** Records as the journal writes them. */
function write(envelopes: readonly Envelope[]): {
  readonly bytes: Buffer;
  readonly starts: readonly number[];
} {
  const starts: number[] = [];
  let bytes = Buffer.alloc(0);
  for (const envelope of envelopes) {
    const head = encodeEnvelopeHead(envelope);
    stampHead(head, marker, bytes.length);
    starts.push(bytes.length);
    bytes = Buffer.concat([bytes, head, envelope.request]);
  }
  return { bytes, starts };
}

const plain = (envelope: Envelope): unknown => ({ ...envelope, request: Buffer.from(envelope.request) });

test.each(['with stamps', 'without'])(
  'Records that are read back %s are those that were written, in order',
  async (how) => {
    await fc.assert(
      fc.asyncProperty(fc.array(envelopes, { maxLength: 8 }), async (written) => {
        const isStamped = how === 'with stamps';
        const bytes = isStamped ? write(written).bytes : Buffer.concat(written.map(encodeEnvelope));
        const { frames, gaps, intactBytes } = isStamped ? await scanSegment(bytes, marker) : scanPlain(bytes);
        expect(gaps).toEqual([]);
        expect(intactBytes).toBe(bytes);
        expect(frames.map(({ intact }) => intact)).toEqual(written.map(() => true));
        expect(frames.map(({ envelope }) => plain(envelope))).toEqual(written.map(plain));
      }),
    );
  },
);

test('A cut anywhere leaves the whole records before it, and the rest is a gap or a record that is not intact', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(envelopes, { minLength: 1, maxLength: 5 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (written, at) => {
        const { bytes, starts } = write(written);
        const cut = Math.floor(at * bytes.length);
        const ends = [...starts.slice(1), bytes.length];
        const whole = ends.filter((end) => end <= cut).length;
        const { frames, gaps } = await scanSegment(bytes.subarray(0, cut), marker);
        const last = frames.at(-1);
        expect(frames.filter(({ intact }) => intact).length).toBe(whole);
        const isMidway = cut > (ends[whole - 1] ?? 0);
        expect(gaps.length === 1 || last?.intact === false).toBe(isMidway);
      },
    ),
  );
});

test('Random bytes never make a scan throw or claim an intact record', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
      for (const { frames } of [scanPlain(bytes), await scanSegment(bytes, marker)])
        expect(frames.filter(({ intact }) => intact)).toEqual([]);
    }),
  );
});

test('Whatever happens to a stretch of bytes, all records outside of it are found as they were written, and none twice', async () => {
  const kinds = fc.constantFrom('flip', 'zero', 'remove', 'insert', 'copy');
  await fc.assert(
    fc.asyncProperty(
      fc.array(envelopes, { minLength: 2, maxLength: 12 }),
      kinds,
      fc.nat(),
      fc.nat(),
      fc.integer({ min: 1, max: 600 }),
      async (written, kind, place, otherPlace, length) => {
        const { bytes, starts } = write(written);
        const from = place % bytes.length;
        const to = Math.min(bytes.length, from + (kind === 'flip' ? 1 : length));
        const other = otherPlace % Math.max(1, bytes.length - (to - from));
        const middle = {
          flip: () => Buffer.of((bytes[from] ?? 0) ^ (1 << (otherPlace % 8))),
          zero: () => Buffer.alloc(to - from),
          remove: () => Buffer.alloc(0),
          insert: () => Buffer.concat([bytes.subarray(other, other + length), bytes.subarray(from, to)]),
          copy: () => bytes.subarray(other, other + to - from),
        }[kind]();
        const changed = Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)]);
        const { frames, intactBytes } = await scanSegment(changed, marker);
        const intact = frames.filter((frame) => frame.intact);
        const outside = written.filter((_, index) => {
          const [start = 0, end = bytes.length] = [starts[index], starts[index + 1]];
          return kind === 'insert' ? from <= start || from >= end : to <= start || from >= end;
        });
        const found = intact.map(({ envelope }) => plain(envelope));
        for (const envelope of outside) expect(found).toContainEqual(plain(envelope));
        expect(new Set(intact.map(({ offset }) => offset)).size).toBe(intact.length);
        for (const frame of intact)
          expect(plain(frame.envelope)).toEqual(plain(written[starts.indexOf(frame.offset)] as Envelope));
        expect(scanPlain(intactBytes).frames.map(({ envelope }) => plain(envelope))).toEqual(found);
      },
    ),
    { numRuns: 500 },
  );
});

test('A flipped bit of a length costs nothing, and one of a request that record alone, whose items are still known', async () => {
  const envelope: Envelope = {
    signal: 'traces',
    project: 'p',
    receivedUnixNano: unixNano(1n),
    accepted: 7,
    rejections: [],
    request: new Uint8Array(100).fill(7),
  };
  const { bytes, starts } = write([envelope, envelope, envelope]);
  const second = starts[1] ?? 0;
  const flipped = Buffer.from(bytes);
  flipped[second] = (flipped[second] ?? 0) ^ 4;
  expect(await scanSegment(flipped, marker)).toMatchObject({ gaps: [], intactBytes: bytes });
  const rotten = Buffer.from(bytes);
  rotten[(starts[2] ?? 0) - 5] = 8;
  expect((await scanSegment(rotten, marker)).frames).toMatchObject([
    { intact: true },
    { intact: false, envelope: { project: 'p', accepted: 7 } },
    { intact: true },
  ]);
});
