/** Prometheus' notation of series and their samples, as its tests have it: `up{job="a"} 0+1x10 _ stale {{schema:0 sum:1}}`. */
import { FloatHistogram } from './histogram.ts';
import { parseNumber, tokenize } from './lexer.ts';
import { Labels } from './labels.ts';
import type { Sample } from './series.ts';

export type Point = Sample | 'stale' | undefined;

export interface SeriesLine {
  readonly labels: Labels;
  readonly points: readonly Point[];
}

export interface LoadCommand {
  readonly kind: 'load';
  /** Classic histograms are stored as native ones with custom buckets as well. */
  readonly withCustomBuckets: boolean;
  readonly stepMs: number;
  readonly lines: readonly SeriesLine[];
  /** When counting began, relative to each sample; undefined where nobody said. */
  readonly starts: readonly { readonly labels: Labels; readonly offsets: readonly (number | undefined)[] }[];
}

/** Labels at the start of a line, and what follows them. */
export function readLabels(line: string): { labels: Labels; rest: string } {
  if (line.startsWith('{{')) return { labels: Labels.none, rest: line };
  const name = /^[a-zA-Z_:][\w:.]*/.exec(line)?.[0] ?? '';
  let rest = line.slice(name.length);
  const entries: [string, string][] = name === '' ? [] : [['__name__', name]];
  if (!rest.startsWith('{')) return { labels: Labels.from(entries), rest: rest.trim() };
  const end = closingBrace(rest);
  const tokens = tokenize(rest.slice(1, end));
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined || token.kind === 'end') break;
    if (token.text === ',') continue;
    const key = token.kind === 'string' ? token.value : token.text;
    if (tokens[at + 1]?.text !== '=') {
      entries.push(['__name__', key]);
      continue;
    }
    entries.push([key, tokens[at + 2]?.value ?? '']);
    at += 2;
  }
  rest = rest.slice(end + 1);
  return { labels: Labels.from(entries), rest: rest.trim() };
}

function closingBrace(text: string): number {
  let quote = '';
  for (let at = 1; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (quote !== '') {
      if (char === '\\' && quote !== '`') at += 1;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'" || char === '`') quote = char;
    else if (char === '}') return at;
  }
  throw new Error(`no closing brace: ${text}`);
}

export function readSeriesLine(line: string): SeriesLine {
  const { labels, rest } = readLabels(line);
  return { labels, points: readPoints(rest) };
}

const number = String.raw`[-+]?(?:inf|nan|(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)`;

export function readPoints(text: string): Point[] {
  const points: Point[] = [];
  let rest = text.trim();
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const found = pattern.exec(rest);
    if (found === null) return undefined;
    rest = rest.slice(found[0].length).trimStart();
    return found;
  };
  while (rest !== '') {
    const gap = take(/^_(?:x(\d+))?(?=\s|$)/);
    if (gap !== undefined) {
      for (let count = Number(gap[1] ?? 1); count > 0; count -= 1) points.push(undefined);
      continue;
    }
    const stale = take(/^stale(?:x(\d+))?(?=\s|$)/);
    if (stale !== undefined) {
      for (let count = Number(stale[1] ?? 1); count > 0; count -= 1) points.push('stale');
      continue;
    }
    const histogram = take(/^\{\{(.*?)\}\}(?:([-+])\{\{(.*?)\}\})?(?:x(\d+))?(?=\s|$)/);
    if (histogram !== undefined) {
      const [, base = '', sign, change, times] = histogram;
      const first = readHistogram(base);
      const by = change === undefined ? undefined : readHistogram(change);
      let current = first;
      for (let count = 0; count <= Number(times ?? 0); count += 1) {
        points.push(current);
        if (by === undefined) continue;
        const { hint } = current;
        current = current.plus(by, sign === '-' ? -1 : 1);
        current.hint = hint;
        if (!sameLayout(current, by)) throw new Error(`odd sum of histograms: ${histogram[0]}`);
      }
      continue;
    }
    const numbers = take(new RegExp(`^(${number})(?:([-+])(${number.slice(5)}))?(?:x(\\d+))?(?=\\s|$)`, 'i'));
    if (numbers === undefined) throw new Error(`no points: ${rest}`);
    const [, base = '', sign, change, times] = numbers;
    const first = parseNumber(base) ?? NaN;
    const by = (sign === '-' ? -1 : 1) * (change === undefined ? 0 : (parseNumber(change) ?? NaN));
    let current = first;
    for (let count = 0; count <= Number(times ?? 0); count += 1) {
      points.push(current);
      current += by;
    }
  }
  return points;
}

const sameLayout = (a: FloatHistogram, b: FloatHistogram): boolean => a.isCustom === b.isCustom;

function readHistogram(text: string): FloatHistogram {
  const histogram = new FloatHistogram();
  let [offset, negativeOffset] = [0, 0];
  const fields = [...text.matchAll(/(\w+):(\[[^\]]*\]|\S+)/g)].map(
    ([, key = '', value = '']) => [key, value] as const,
  );
  const list = (value: string): number[] =>
    value
      .slice(1, -1)
      .split(/\s+/)
      .filter((each) => each !== '')
      .map((each) => parseNumber(each) ?? NaN);
  const lists: { positive: number[]; negative: number[] } = { positive: [], negative: [] };
  for (const [key, value] of fields) {
    const single = parseNumber(value) ?? NaN;
    if (key === 'schema') histogram.schema = single;
    else if (key === 'sum') histogram.sum = single;
    else if (key === 'count') histogram.count = single;
    else if (key === 'z_bucket') histogram.zeroCount = single;
    else if (key === 'z_bucket_w') histogram.zeroThreshold = single;
    else if (key === 'custom_values') histogram.customValues = list(value);
    else if (key === 'offset') offset = single;
    else if (key === 'n_offset') negativeOffset = single;
    else if (key === 'buckets') lists.positive = list(value);
    else if (key === 'n_buckets') lists.negative = list(value);
    else if (key === 'counter_reset_hint') histogram.hint = value as 'reset';
    else throw new Error(`unknown field of a histogram: ${key}`);
  }
  for (const [at, count] of lists.positive.entries()) histogram.positive.set(at + offset, count);
  for (const [at, count] of lists.negative.entries()) histogram.negative.set(at + negativeOffset, count);
  return histogram;
}
