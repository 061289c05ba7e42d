import { seededRandom } from '@sightline/base';
import { expect, test } from 'vitest';
import { ErrorRepeats, type ToldError } from './error-repeats.ts';

interface Told extends ToldError {
  readonly words: string;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const isZero = (id: Uint8Array): boolean => id.every((byte) => byte === 0);
const isPlain = ({ errorClass }: Told): boolean => errorClass === '' || errorClass === 'tool';

/** The rules as they are said, row against row. */
function repeats(row: Told, other: Told): boolean {
  if (!same(row.traceId, other.traceId) || row.project !== other.project) return false;
  if (isZero(row.spanId)) return false;
  const isOtherLog = other.source === 'log';
  const isChild = !isOtherLog && same(other.parentSpanId, row.spanId);
  const isOfSameSpan = same(other.spanId, row.spanId);
  if (isPlain(row) && isChild && other.words === row.words) return true;
  if (row.source === 'log' && isOfSameSpan && !isOtherLog && other.words === row.words) return true;
  if (row.source === 'status' && isPlain(row)) {
    const tells = isChild || (isOtherLog && isOfSameSpan);
    if (tells && (row.errorClass === '' || other.source !== 'status')) return true;
  }
  const above = row.source === 'log' ? row.spanId : row.parentSpanId;
  if (isOtherLog || isZero(above) || !same(other.spanId, above)) return false;
  if (!isPlain(other)) return true;
  return row.source === 'status' && other.source === 'status' && other.errorClass === 'tool';
}

const id = (length: number, number: number): Uint8Array => {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32BE(number, length - 4);
  return bytes;
};

test('however rows are spread over loads, the same are left over, and those that the rules say', () => {
  const random = seededRandom(24);
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <Value>(values: readonly Value[]): Value => values[below(values.length)] as Value;
  let [told, repeated] = [0, 0];
  for (let round = 0; round < 300; round += 1) {
    // A row in the trees may say nothing: then the spans between are no rows.
    const rows = Array.from({ length: 1 + below(12) }, (_, span): Told[] => {
      const words = pick(['a', 'b', '']);
      const place = {
        project: pick(['p', 'p', 'q']),
        traceId: id(16, 1 + below(2)),
        spanId: id(8, span + 1),
        parentSpanId: id(8, below(span + 1)),
      };
      const row = (source: Told['source'], errorClass: string, said = words): Told => ({
        ...place,
        source,
        errorClass,
        words: said,
        said: id(8, said.length === 0 ? 0 : said.charCodeAt(0)),
      });
      const errorClass = pick(['', '', '', 'tool', 'timeout']);
      const ofSpan =
        below(4) === 0
          ? []
          : below(2) === 0
            ? [row('status', errorClass)]
            : [row('exception', errorClass), ...(below(4) === 0 ? [row('exception', errorClass, 'c')] : [])];
      const ofLog =
        below(3) === 0 ? [{ ...row('log', ''), parentSpanId: id(8, 0), spanId: id(8, below(13)) }] : [];
      return [...ofSpan, ...ofLog];
    }).flat();
    const expected = rows.filter((row) => !rows.some((other) => repeats(row, other)));
    told += rows.length;
    repeated += rows.length - expected.length;
    for (const loads of [1, 2, 20]) {
      const loadOfSpan = Array.from({ length: 20 }, () => below(loads));
      const of = Map.groupBy(rows, ({ source, spanId }) =>
        source === 'log' ? `log ${below(loads)}` : `spans ${loadOfSpan[spanId.at(-1) ?? 0]}`,
      );
      const judged = [...of.values()].flatMap((some) => {
        const load = new ErrorRepeats();
        for (const row of some) load.note(row);
        return some.map((row, index) => ({ row, ...load.columns(index) }));
      });
      const answers = new Set(judged.flatMap((row) => row.answers));
      const left = judged.filter(({ isRepeat, asks }) => !isRepeat && !asks.some((ask) => answers.has(ask)));
      expect(new Set(left.map(({ row }) => row))).toEqual(new Set(expected));
    }
  }
  expect(told).toBeGreaterThan(1_000);
  expect(repeated).toBeGreaterThan(told / 10);
});
