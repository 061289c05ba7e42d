import type { LogRecord, LogsResponse, MetricQueryResponse } from '@sightline/schema/api';
import type { Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatCount, formatDurationMs } from '@sightline/base';
import { oneLine } from '../output/format.ts';

export const statisticNames = ['functions', 'cache'] as const;
type StatisticName = (typeof statisticNames)[number];

/** Names under which loggers write the function a line is about, the best first. */
const functionKeys = [
  // What the SDK's `traced` names is what it measures, wherever it is called.
  'span_name',
  'code.function.name',
  'code.function',
  'function',
  'func',
  'funcName',
] as const;

/** Names under which loggers write how long something took, with what one unit is in milliseconds. */
const durationKeys: readonly (readonly [key: string, ms: number])[] = [
  ['duration_ms', 1],
  ['durationMs', 1],
  ['duration.ms', 1],
  ['performance.duration_ms', 1],
  ['performanceMetrics.durationMs', 1],
  ['performance_metrics.durationMs', 1],
  ['performance_metrics.duration_ms', 1],
  ['elapsed_ms', 1],
  ['execution_time_ms', 1],
  ['responseTime', 1],
  ['duration_s', 1000],
  ['duration', 1],
];

/** Names under which loggers write whether a cache had it: a boolean, or hit and miss as words. */
const cacheKeys = [
  'cache.hit',
  'cache_hit',
  'cacheHit',
  'cache.result',
  'cache.status',
  'cache_status',
] as const;
const cacheNameKeys = [
  'cache.name',
  'cache_name',
  'cacheName',
  'cache',
  'context.metric.tags.cache',
  'context.metric.tags.cache_name',
] as const;
/** A metric in the log stream that counts hits or misses, with its value. */
const metricKeys = { name: 'context.metric.metric_name', value: 'context.metric.value' } as const;

export interface FunctionTimes {
  readonly function: string;
  readonly service: string;
  readonly count: number;
  readonly averageMs: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

export interface CacheRate {
  readonly cache: string;
  readonly service: string;
  readonly hits: number;
  readonly misses: number;
  readonly hitRate: number;
}

interface Lines {
  readonly logs: readonly LogRecord[];
  readonly limitsMet: NonNullable<LogsResponse['limitsMet']>;
}

export interface LogSource {
  /** Every line, or the newest with what was left out. */
  readonly logs: () => Promise<Lines>;
  /** What programs count of their caches; asked for where caches are. */
  readonly counted: () => Promise<readonly CacheRate[]>;
}

/** Answers one of the questions that people ask their log files with jq, over every line the filter finds. */
export async function summarizeLogs(
  { output }: Invocation,
  statistic: StatisticName,
  { logs: read, counted }: LogSource,
): Promise<ExitCode> {
  const lines = await read();
  const { logs } = lines;
  const found =
    statistic === 'functions' ? showFunctions(lines, output) : showCaches(lines, await counted(), output);
  if (found) return exitCodes.ok;
  if (!output.json)
    output.note(
      `None of ${formatCount(logs.length)} lines says ${
        statistic === 'functions'
          ? 'how long a function took (code.function.name, duration_ms)'
          : 'cache.hit, and no metric cache.requests'
      }.`,
    );
  return exitCodes.notFound;
}

function showFunctions({ logs, limitsMet }: Lines, output: Invocation['output']): boolean {
  const functions = timeFunctions(logs);
  if (output.json) output.document({ logCount: logs.length, functions, limitsMet });
  else if (functions.length > 0)
    output.table(functions, [
      { title: 'FUNCTION', text: (row) => oneLine(row.function), flexible: true, paint: output.style.accent },
      {
        title: 'SERVICE',
        text: (row) => oneLine(row.service),
        paint: (text, row) => output.style.byName(row.service, text),
      },
      { title: 'CALLS', text: (row) => formatCount(row.count), align: 'right' },
      { title: 'AVERAGE', text: (row) => formatDurationMs(row.averageMs), align: 'right' },
      { title: 'P95', text: (row) => formatDurationMs(row.p95Ms), align: 'right' },
      { title: 'MAX', text: (row) => formatDurationMs(row.maxMs), align: 'right' },
    ]);
  return functions.length > 0;
}

function showCaches(
  { logs, limitsMet }: Lines,
  counted: readonly CacheRate[],
  output: Invocation['output'],
): boolean {
  const caches = joinRates(rateCaches(logs), counted);
  if (output.json) output.document({ logCount: logs.length, caches, limitsMet });
  else if (caches.length > 0)
    output.table(caches, [
      { title: 'CACHE', text: (row) => oneLine(row.cache), flexible: true, paint: output.style.accent },
      {
        title: 'SERVICE',
        text: (row) => oneLine(row.service),
        paint: (text, row) => output.style.byName(row.service, text),
      },
      { title: 'HITS', text: (row) => formatCount(row.hits), align: 'right' },
      { title: 'MISSES', text: (row) => formatCount(row.misses), align: 'right' },
      { title: 'HIT RATE', text: (row) => `${(row.hitRate * 100).toFixed(1)} %`, align: 'right' },
    ]);
  return caches.length > 0;
}

/** Slowest on average first. */
export function timeFunctions(logs: readonly LogRecord[]): FunctionTimes[] {
  const groups = new Map<string, { function: string; service: string; times: number[] }>();
  for (const { attributes, service } of logs) {
    const name = firstText(attributes, functionKeys);
    const ms = findDurationMs(attributes);
    if (name === undefined || ms === undefined) continue;
    const key = `${service}\0${name}`;
    const group = groups.get(key) ?? { function: name, service, times: [] };
    groups.set(key, group);
    group.times.push(ms);
  }
  return [...groups.values()]
    .map(({ times, ...group }) => {
      times.sort((a, b) => a - b);
      return {
        ...group,
        count: times.length,
        averageMs: times.reduce((sum, ms) => sum + ms, 0) / times.length,
        p95Ms: times[Math.ceil(times.length * 0.95) - 1] ?? 0,
        maxMs: times.at(-1) ?? 0,
      };
    })
    .sort((a, b) => b.averageMs - a.averageMs);
}

/** A program that counts the requests of a cache counts them all; lines about the same cache tell of some. Most used first. */
export function joinRates(reported: readonly CacheRate[], counted: readonly CacheRate[]): CacheRate[] {
  const known = new Set(counted.map(({ cache, service }) => `${service}\0${cache}`));
  return [
    ...counted,
    ...reported.filter(({ cache, service }) => !known.has(`${service}\0${cache}`)),
  ].toSorted((a, b) => b.hits + b.misses - (a.hits + a.misses));
}

/** From the SDK's metric `cache.requests`, by service, `cache.name` and `cache.result`. */
export function ratesOfMetric(series: MetricQueryResponse['series']): CacheRate[] {
  const groups = Map.groupBy(
    series,
    ({ labels }) => `${labels['service'] ?? ''}\0${labels['cache.name'] ?? ''}`,
  );
  return [...groups].flatMap(([key, ofCache]) => {
    const [service = '', cache = ''] = key.split('\0');
    const count = (result: string): number =>
      ofCache
        .filter(({ labels }) => labels['cache.result'] === result)
        .reduce((sum, { points }) => sum + points.reduce((all, [, value]) => all + (value ?? 0), 0), 0);
    const [hits, misses] = [Math.round(count('hit')), Math.round(count('miss'))];
    return hits + misses === 0 ? [] : [{ cache, service, hits, misses, hitRate: hits / (hits + misses) }];
  });
}

/** Most used first. */
export function rateCaches(logs: readonly LogRecord[]): CacheRate[] {
  const groups = new Map<string, { cache: string; service: string; hits: number; misses: number }>();
  for (const { attributes, service } of logs) {
    const found = findCacheHit(attributes);
    if (found === undefined) continue;
    const cache = firstText(attributes, cacheNameKeys) ?? 'cache';
    const key = `${service}\0${cache}`;
    const group = groups.get(key) ?? { cache, service, hits: 0, misses: 0 };
    groups.set(key, group);
    group.hits += found.hits;
    group.misses += found.misses;
  }
  return [...groups.values()]
    .map((group) => ({ ...group, hitRate: group.hits / (group.hits + group.misses) }))
    .sort((a, b) => b.hits + b.misses - (a.hits + a.misses));
}

type Attributes = LogRecord['attributes'];

function firstText(attributes: Attributes, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = attributes[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

function findDurationMs(attributes: Attributes): number | undefined {
  for (const [key, unitMs] of durationKeys) {
    const value = attributes[key];
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number) && number >= 0) return number * unitMs;
  }
  return undefined;
}

function findCacheHit(attributes: Attributes): Pick<CacheRate, 'hits' | 'misses'> | undefined {
  for (const key of cacheKeys) {
    const value = attributes[key];
    if (value === true || (typeof value === 'string' && /^(hit|true|stale)$/i.test(value)))
      return { hits: 1, misses: 0 };
    if (value === false || (typeof value === 'string' && /^(miss|false|expired)$/i.test(value)))
      return { hits: 0, misses: 1 };
  }
  const count = Number(attributes[metricKeys.value] ?? 1);
  if (!Number.isInteger(count) || count < 0) return undefined;
  const [, result] =
    /^cache[._]?(hit|miss)(?:es|s)?$/i.exec(firstText(attributes, [metricKeys.name]) ?? '') ?? [];
  if (result === undefined) return undefined;
  return result.toLowerCase() === 'hit' ? { hits: count, misses: 0 } : { hits: 0, misses: count };
}
