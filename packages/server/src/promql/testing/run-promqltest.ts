import { readFileSync } from 'node:fs';
import { evaluatePromql, type PromqlAnswer } from '../evaluate.ts';
import { describeHistogram } from '../describe-histogram.ts';
import type { FloatHistogram } from '../histogram.ts';
import { Labels } from '../labels.ts';
import { parseNumber } from '../lexer.ts';
import { parsePromql } from '../parse.ts';
import type { Sample } from '../series.ts';
import { MemorySource } from '../memory-source.ts';
import { type Point, readPoints, readSeriesLine } from '../series-notation.ts';
import { type EvalCommand, type Expectation, readPromqltest } from './read-promqltest.ts';

export interface CaseResult {
  /** File, line, query. */
  readonly name: string;
  readonly isNative: boolean;
  /** Undefined where it passed. */
  readonly fault: string | undefined;
}

export async function runPromqltest(path: string, file: string): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  let source = new MemorySource();
  let isNative = false;
  const text = readFileSync(path, 'utf8');
  for (const command of readPromqltest(text)) {
    if (command.kind === 'clear') {
      source = new MemorySource();
      isNative = false;
    } else if (command.kind === 'load') {
      source.load(command);
      isNative ||=
        command.withCustomBuckets ||
        command.lines.some(({ points }) => points.some((point) => typeof point === 'object'));
    } else {
      const fault = await checkCase(command, source);
      results.push({
        name: `${file}:${command.line} ${command.isRange ? 'range' : 'instant'} ${command.query}`,
        isNative,
        fault,
      });
    }
  }
  return results;
}

async function checkCase(command: EvalCommand, source: MemorySource): Promise<string | undefined> {
  const { query, startMs, endMs, stepMs, expectations } = command;
  const fails = expectations.filter(({ kind }) => kind === 'fail');
  let answer: PromqlAnswer;
  try {
    const settings = { startMs, endMs, stepMs, lookbackMs: 300_000, subqueryStepMs: 60_000 };
    answer = await evaluatePromql({ text: query, expression: parsePromql(query), settings }, source);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (!error.name.startsWith('Promql')) return `threw ${error.stack ?? error.message}`;
    if (fails.length === 0) return `failed: ${error.message}`;
    const { message } = error;
    return fails.every((each) => matches(each, message)) ? undefined : `failed otherwise: ${message}`;
  }
  if (fails.length > 0) return 'should fail';
  for (const expectation of expectations) {
    const fault = checkAnnotations(expectation, answer);
    if (fault !== undefined) return fault;
  }
  return command.isRange ? compareRange(command, answer) : compareInstant(command, answer);
}

function matches({ match, text }: Expectation, message: string): boolean {
  if (match === 'msg') return message === text;
  return match === undefined || new RegExp(text).test(message);
}

function checkAnnotations(expectation: Expectation, { warnings, infos }: PromqlAnswer): string | undefined {
  const check = (all: readonly string[]): string | undefined =>
    all.some((each) => matches(expectation, each))
      ? undefined
      : `no ${expectation.kind} ${expectation.text}, but ${all.join('; ')}`;
  switch (expectation.kind) {
    case 'warn':
      return check(warnings);
    case 'info':
      return check(infos);
    case 'no_warn':
      return warnings.length === 0 ? undefined : `warned: ${warnings.join('; ')}`;
    case 'no_info':
      return infos.length === 0 ? undefined : `informed: ${infos.join('; ')}`;
    default:
      return undefined;
  }
}

function isEqual(a: Sample | undefined, b: Point): boolean {
  if (a === undefined || b === undefined || b === 'stale') return a === undefined && b === undefined;
  if (typeof a === 'number' || typeof b === 'number')
    return typeof a === typeof b && isNear(a as number, b as number);
  return isHistogramEqual(a, b);
}

function isNear(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  if (a === b) return true;
  const [sum, difference] = [Math.abs(a) + Math.abs(b), Math.abs(a - b)];
  if (a === 0 || b === 0 || sum < 2.2250738585072014e-308) return difference < 1e-6 * 2.2250738585072014e-308;
  return difference / Math.min(sum, Number.MAX_VALUE) < 1e-6;
}

function isHistogramEqual(got: FloatHistogram, wanted: FloatHistogram): boolean {
  if (wanted.hint !== 'unknown' && wanted.hint !== got.hint) return false;
  if (got.schema !== wanted.schema || !isNear(got.count, wanted.count) || !isNear(got.sum, wanted.sum))
    return false;
  if (got.isCustom && got.customValues.join() !== wanted.customValues.join()) return false;
  if (
    !got.isCustom &&
    (!isNear(got.zeroThreshold, wanted.zeroThreshold) || !isNear(got.zeroCount, wanted.zeroCount))
  )
    return false;
  return (['positive', 'negative'] as const).every((side) =>
    [...new Set([...got[side].keys(), ...wanted[side].keys()])].every((index) =>
      isNear(got[side].get(index) ?? 0, wanted[side].get(index) ?? 0),
    ),
  );
}

const show = (sample: Point): string =>
  typeof sample === 'object'
    ? `${describeHistogram(sample)} schema ${sample.schema} ${sample.hint}`
    : String(sample);

function compareInstant(command: EvalCommand, { value }: PromqlAnswer): string | undefined {
  const text = command.expectations.find(({ kind }) => kind === 'string');
  if (text !== undefined) {
    const wanted = text.text.startsWith('"') ? (JSON.parse(text.text) as string) : text.text.slice(1, -1);
    return value.kind === 'string' && value.value === wanted ? undefined : `expected the text ${text.text}`;
  }
  const { results } = command;
  if (value.kind === 'scalar') {
    const [got] = value.values;
    const wanted = parseNumber(results[0] ?? '');
    return wanted !== undefined && results.length === 1 && isEqual(got, wanted)
      ? undefined
      : `got ${got}, wanted ${results.join()}`;
  }
  if (value.kind === 'string') return `got the text ${value.value}`;
  if (value.kind === 'matrix') return compareMatrix(results, value.series);
  const got = value.series.filter((series) => series.has(0));
  const wanted = results.map(readSeriesLine);
  if (got.length !== wanted.length)
    return `${got.length} series instead of ${wanted.length}: ${got.map(({ labels }) => String(labels)).join(' ')}`;
  const isOrdered = command.expectations.some(({ kind }) => kind === 'ordered');
  for (const [at, { labels, points }] of wanted.entries()) {
    const index = got.findIndex((series) => series.labels.key === labels.key);
    if (index === -1)
      return `no ${String(labels)}, but ${got.map((series) => String(series.labels)).join(' ')}`;
    if (isOrdered && index !== at) return `${String(labels)} stands at ${index} instead of ${at}`;
    const sample = got[index]?.at(0);
    if (!isEqual(sample, points[0]))
      return `${String(labels)} is ${show(sample)} instead of ${show(points[0])}`;
  }
  return undefined;
}

function compareMatrix(
  results: readonly string[],
  series: Extract<PromqlAnswer['value'], { kind: 'matrix' }>['series'],
): string | undefined {
  if (results.length !== series.length) return `${series.length} series instead of ${results.length}`;
  for (const { labels, points } of results.map(readSeriesLine)) {
    const got = series.find((each) => each.labels.key === labels.key);
    if (got === undefined) return `no ${String(labels)}`;
    const wanted = points.filter((point) => point !== undefined);
    const samples = [...got.values].map((value, at) => got.histograms?.[at] ?? value);
    if (samples.length !== wanted.length || !samples.every((sample, at) => isEqual(sample, wanted[at])))
      return `${String(labels)} is ${samples.map(show).join(' ')}`;
  }
  return undefined;
}

function compareRange(command: EvalCommand, { value, grid }: PromqlAnswer): string | undefined {
  const isScalar = (line: string): boolean =>
    parseNumber(line.split(/[\s+x]/)[0] ?? '') !== undefined &&
    !/^[a-z_:{]/i.test(line.replace(/^[+-]?(?:inf|nan)\b/i, '0'));
  const wanted = command.results
    .map((line) =>
      isScalar(line) ? { labels: Labels.none, points: readPoints(line) } : readSeriesLine(line),
    )
    .filter(({ points }) => points.some((point) => point !== undefined));
  const got =
    value.kind === 'scalar'
      ? [{ labels: Labels.none, at: (step: number) => value.values[step] as Sample | undefined }]
      : value.kind === 'vector'
        ? value.series
        : [];
  if (got.length !== wanted.length)
    return `${got.length} series instead of ${wanted.length}: ${got.map(({ labels }) => String(labels)).join(' ')}`;
  for (const { labels, points } of wanted) {
    const series = got.find((each) => each.labels.key === labels.key);
    if (series === undefined)
      return `no ${String(labels)}, but ${got.map((each) => String(each.labels)).join(' ')}`;
    for (let step = 0; step < grid.count; step += 1)
      if (!isEqual(series.at(step), points[step]))
        return `${String(labels)} at step ${step} is ${show(series.at(step))} instead of ${show(points[step])}`;
  }
  return undefined;
}
