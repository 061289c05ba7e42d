import { unixNano } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import { compileFilter } from '../filter/compile-filter.ts';
import { fieldText } from '../filter/field-text.ts';
import { readQ } from '../filter/read-condition.ts';
import { findMetric, type MetricShape } from '../metrics/find-metric.ts';
import { readPoints } from '../metrics/read-points.ts';
import type { Reader } from '../reader.ts';
import type { ExactFilters } from '../sql/agent-filter-sql.ts';
import { sql } from '../sql/sql.ts';

/** A counter of reads of the caches that programs keep themselves, by `cache.result`: `hit` or `miss`. The SDK's `trackedCache` sends it. */
const metricName = 'cache.requests';
/** Exporters send once a minute; what a counter had before the first step is found this far back. */
const lookbackNanos = 600_000_000_000n;

export interface CacheReads {
  readonly hits: number;
  readonly reads: number;
}

export interface CacheSteps {
  readonly from: bigint;
  readonly to: bigint;
  readonly stepMs: number;
}

/**
 * Reads of applications' caches by the start of their step, in milliseconds. None where no program counts them, and where the filters narrow by what a counter does not
 * know: agents, models, sessions and the like.
 */
export async function readApplicationCache(
  reader: Reader,
  { from, to, stepMs }: CacheSteps,
  filters: ExactFilters & { readonly q?: string | undefined },
): Promise<ReadonlyMap<number, CacheReads>> {
  const found = new Map<number, CacheReads>();
  const { service, ...others } = filters;
  if (knownToCalls.some((name) => (others as Record<string, unknown>)[name] !== undefined)) return found;
  const metric = await findCounter(reader);
  if (metric === undefined || metric.type !== 'sum') return found;
  const q = service === undefined ? undefined : `service:${JSON.stringify(service)}`;
  const points = await readPoints(
    reader,
    {
      project: reader.project,
      metric,
      labels: sql`[${fieldText('metrics', { source: 'any', name: 'cache.result' })}]`,
      condition: compileFilter('metrics', readQ(q, 'metrics', reader.clock)),
      range: { from: unixNano(from), to: unixNano(to) },
      lookbackFrom: from > lookbackNanos ? from - lookbackNanos : 0n,
      stepMs,
    },
    'increase',
  );
  for (const { labels, startMs, value } of points) {
    const { hits, reads } = found.get(startMs) ?? { hits: 0, reads: 0 };
    const counted = value ?? 0;
    found.set(startMs, { hits: hits + (labels[0] === 'hit' ? counted : 0), reads: reads + counted });
  }
  return found;
}

/** Sums of the steps from `fromMs` until before `toMs`; null where nothing was read. */
export function cacheHitShare(
  steps: ReadonlyMap<number, CacheReads>,
  fromMs = -Infinity,
  toMs = Infinity,
): number | null {
  let hits = 0;
  let reads = 0;
  for (const [startMs, step] of steps) {
    if (startMs < fromMs || startMs >= toMs) continue;
    hits += step.hits;
    reads += step.reads;
  }
  return reads === 0 ? null : hits / reads;
}

const knownToCalls = ['q', 'agent', 'model', 'tool', 'session', 'user', 'version', 'environment'] as const;

async function findCounter(reader: Reader): Promise<MetricShape | undefined> {
  return findMetric(reader, metricName).catch((error: unknown) => {
    if (error instanceof SightlineError && error.code === 'metric_not_found') return undefined;
    throw error;
  });
}
