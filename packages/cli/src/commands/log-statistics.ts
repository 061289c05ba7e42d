import type { LogRecord } from '@sightline/schema/api';
import type { Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatCount, formatDuration, oneLine } from '../output/format.ts';

export const statisticNames = ['functions', 'cache'] as const;
type StatisticName = (typeof statisticNames)[number];

/** Names under which loggers write the function a line is about, the best first. */
const functionKeys = ['code.function.name', 'code.function', 'function', 'func', 'funcName'] as const;

/** Names under which loggers write how long something took, with what one unit is in milliseconds. */
const durationKeys: readonly (readonly [key: string, ms: number])[] = [
  ['duration_ms', 1],
  ['durationMs', 1],
  ['duration.ms', 1],
  ['performance.duration_ms', 1],
  ['performanceMetrics.durationMs', 1],
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
const cacheNameKeys = ['cache.name', 'cache_name', 'cacheName', 'cache'] as const;

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

/** Answers one of the questions that people ask their log files with jq, over every line the filter finds. */
export async function summarizeLogs(
  { output }: Invocation,
  statistic: StatisticName,
  pages: AsyncIterable<readonly LogRecord[]>,
): Promise<ExitCode> {
  const logs: LogRecord[] = [];
  for await (const page of pages) {
    logs.push(...page);
    output.status(`Reading log lines: ${formatCount(logs.length)}`);
  }
  output.status('');
  const found = statistic === 'functions' ? showFunctions(logs, output) : showCaches(logs, output);
  if (found) return exitCodes.ok;
  if (!output.json)
    output.note(
      `None of ${formatCount(logs.length)} lines says ${
        statistic === 'functions' ? 'how long a function took (code.function.name, duration_ms)' : 'cache.hit'
      }.`,
    );
  return exitCodes.notFound;
}

function showFunctions(logs: readonly LogRecord[], output: Invocation['output']): boolean {
  const functions = timeFunctions(logs);
  if (output.json) output.document({ logCount: logs.length, functions });
  else if (functions.length > 0)
    output.table(functions, [
      { title: 'FUNCTION', text: (row) => oneLine(row.function), flexible: true, paint: output.style.accent },
      {
        title: 'SERVICE',
        text: (row) => oneLine(row.service),
        paint: (text, row) => output.style.byName(row.service, text),
      },
      { title: 'CALLS', text: (row) => formatCount(row.count), align: 'right' },
      { title: 'AVERAGE', text: (row) => formatDuration(row.averageMs), align: 'right' },
      { title: 'P95', text: (row) => formatDuration(row.p95Ms), align: 'right' },
      { title: 'MAX', text: (row) => formatDuration(row.maxMs), align: 'right' },
    ]);
  return functions.length > 0;
}

function showCaches(logs: readonly LogRecord[], output: Invocation['output']): boolean {
  const caches = rateCaches(logs);
  if (output.json) output.document({ logCount: logs.length, caches });
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

/** Most used first. */
export function rateCaches(logs: readonly LogRecord[]): CacheRate[] {
  const groups = new Map<string, { cache: string; service: string; hits: number; misses: number }>();
  for (const { attributes, service } of logs) {
    const hit = findCacheHit(attributes);
    if (hit === undefined) continue;
    const cache = firstText(attributes, cacheNameKeys) ?? 'cache';
    const key = `${service}\0${cache}`;
    const group = groups.get(key) ?? { cache, service, hits: 0, misses: 0 };
    groups.set(key, group);
    if (hit) group.hits += 1;
    else group.misses += 1;
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

function findCacheHit(attributes: Attributes): boolean | undefined {
  for (const key of cacheKeys) {
    const value = attributes[key];
    if (typeof value === 'boolean') return value;
    if (typeof value !== 'string') continue;
    if (/^(hit|true|stale)$/i.test(value)) return true;
    if (/^(miss|false|expired)$/i.test(value)) return false;
  }
  return undefined;
}
