import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unixNano } from '@sightline/base';
import { encodeEnvelope, scanSegment, type Envelope } from './envelope.ts';

const envelopes: fc.Arbitrary<Envelope> = fc.record({
  signal: fc.constantFrom('traces', 'logs', 'metrics'),
  project: fc.string({ minLength: 1, unit: 'grapheme' }),
  receivedUnixNano: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }).map(unixNano),
  accepted: fc.nat(),
  rejections: fc.array(fc.record({ reason: fc.string(), count: fc.nat() }), { maxLength: 3 }),
  request: fc.uint8Array({ maxLength: 400 }),
});

test('A segment read back holds the envelopes that were written, in order', () => {
  fc.assert(
    fc.property(fc.array(envelopes, { maxLength: 8 }), (written) => {
      const bytes = Buffer.concat(written.map(encodeEnvelope));
      const { frames, tornAt } = scanSegment(bytes);
      expect(tornAt).toBe(bytes.length);
      expect(frames.map(({ intact }) => intact)).toEqual(written.map(() => true));
      expect(
        frames.map(({ envelope }) => ({ ...envelope, request: Buffer.from(envelope?.request ?? []) })),
      ).toEqual(written.map((envelope) => ({ ...envelope, request: Buffer.from(envelope.request) })));
    }),
  );
});

test('A cut anywhere leaves the whole envelopes before it and is found at the end of the last of them', () => {
  fc.assert(
    fc.property(
      fc.array(envelopes, { minLength: 1, maxLength: 5 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (written, at) => {
        const records = written.map(encodeEnvelope);
        const bytes = Buffer.concat(records);
        const cut = Math.floor(at * bytes.length);
        let whole = 0;
        let end = 0;
        for (const record of records) {
          if (end + record.length > cut) break;
          end += record.length;
          whole += 1;
        }
        const { frames, tornAt } = scanSegment(bytes.subarray(0, cut));
        expect(frames.length).toBe(whole);
        expect(tornAt).toBe(end);
      },
    ),
  );
});

test('Random bytes never make the scan throw or claim an intact envelope', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
      const { frames, tornAt } = scanSegment(bytes);
      expect(tornAt).toBeLessThanOrEqual(bytes.length);
      expect(frames.filter(({ intact }) => intact)).toEqual([]);
    }),
  );
});

test('A changed byte of the request is noticed, and the envelopes after it are still read', () => {
  const envelope: Envelope = {
    signal: 'traces',
    project: 'p',
    receivedUnixNano: unixNano(1n),
    accepted: 1,
    rejections: [],
    request: new Uint8Array(100).fill(7),
  };
  const record = encodeEnvelope(envelope);
  const bytes = Buffer.concat([record, record, record]);
  const spot = record.length * 2 - 5;
  bytes[spot] = 8;
  expect(scanSegment(bytes).frames.map(({ intact }) => intact)).toEqual([true, false, true]);
});
