/** Stored metrics as Prometheus would name them. */
import type { MetricType } from '@sightline/schema/api';
import { prometheusMetricName } from '@sightline/schema/conventions';
import type { Matcher } from '../../promql/ast.ts';
import { compileMatcher } from '../../promql/matchers.ts';
import type { Patterns } from '../../promql/patterns.ts';
import type { Reader } from '../reader.ts';
import { selectFamilies } from '../sql/prometheus-sql.ts';

export interface MetricFamily {
  /** In OpenTelemetry. */
  readonly name: string;
  readonly type: MetricType;
  readonly unit: string;
  readonly description: string;
  /** In Prometheus, without what says which part of it is meant. */
  readonly prometheusName: string;
  readonly isMonotonic: boolean;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

/** Which numbers of a family a name stands for. */
export type FamilyPart = 'value' | 'bucket' | 'count' | 'sum' | 'quantile' | 'native';

export interface NamedPart {
  readonly family: MetricFamily;
  readonly part: FamilyPart;
  readonly name: string;
  /** Asked for by its name in OpenTelemetry: labels are called as there, too. */
  readonly isOriginal: boolean;
}

export async function readFamilies(reader: Reader): Promise<readonly MetricFamily[]> {
  const rows = await reader.rows<{
    name: string;
    type: MetricType;
    unitText: string;
    about: string;
    isMonotonic: number;
    firstSeconds: number;
    lastSeconds: number;
  }>(selectFamilies(reader.project));
  return rows.map((row) => {
    const named = { name: row.name, unit: row.unitText, type: row.type, isMonotonic: row.isMonotonic === 1 };
    return {
      ...named,
      description: row.about,
      prometheusName: prometheusMetricName(named),
      firstSeenMs: row.firstSeconds * 1000,
      lastSeenMs: row.lastSeconds * 1000 + 1000,
    };
  });
}

const parts: Readonly<Record<MetricType, readonly (readonly [FamilyPart, string])[]>> = {
  gauge: [['value', '']],
  sum: [['value', '']],
  histogram: [
    ['native', ''],
    ['bucket', '_bucket'],
    ['count', '_count'],
    ['sum', '_sum'],
  ],
  exponential_histogram: [
    ['native', ''],
    ['count', '_count'],
    ['sum', '_sum'],
  ],
  summary: [
    ['quantile', ''],
    ['count', '_count'],
    ['sum', '_sum'],
  ],
};

/** All names that a family is found by. */
export function partsOf(family: MetricFamily): NamedPart[] {
  return parts[family.type].map(([part, suffix]) => ({
    family,
    part,
    name: family.prometheusName + suffix,
    isOriginal: false,
  }));
}

/** What the matchers of the name ask for. A name that only OpenTelemetry has must be said in full. */
export function namedParts(
  families: readonly MetricFamily[],
  matchers: readonly Matcher[],
  patterns: Patterns,
): NamedPart[] {
  const tests = matchers
    .filter(({ name }) => name === '__name__')
    .map((matcher) => compileMatcher(matcher, patterns));
  const exact = new Set(
    matchers.filter(({ name, kind }) => name === '__name__' && kind === '=').map(({ value }) => value),
  );
  return families.flatMap((family) => {
    const found = partsOf(family).filter(({ name }) => tests.every((fits) => fits(name)));
    if (found.length > 0 || !exact.has(family.name)) return found;
    return tests.every((fits) => fits(family.name))
      ? partsOf(family)
          .slice(0, 1)
          .map((part) => ({ ...part, name: family.name, isOriginal: true }))
      : [];
  });
}

/** Prometheus' word for what a family is. */
export function prometheusType({ type, isMonotonic }: Pick<MetricFamily, 'type' | 'isMonotonic'>): string {
  if (type === 'sum') return isMonotonic ? 'counter' : 'gauge';
  return type === 'exponential_histogram' ? 'histogram' : type;
}
