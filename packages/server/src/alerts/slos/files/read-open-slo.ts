/** Files of OpenSLO (`openslo/v1`): SLOs with their indicators, within them or beside them. Sources of metrics are Prometheus' expressions. */
import { z } from 'zod';
import { selectorsOf } from '../../../promql/fetches.ts';
import { parsePromql } from '../../../promql/parse.ts';
import { metricExpression } from '../../../query/slos/count-metrics.ts';
import {
  type DraftSlo,
  issuesText,
  type ReadDocuments,
  percentOfGood,
  shareOfPercent,
  type SloProblem,
  type YamlDocument,
} from './slo-documents.ts';

const metadata = z.looseObject({
  name: z.string(),
  displayName: z.string().optional(),
});
const metric = z.looseObject({
  metricSource: z.looseObject({
    type: z.string().optional(),
    spec: z.looseObject({ query: z.string().optional() }).prefault({}),
  }),
});
const indicatorSpec = z.looseObject({
  ratioMetric: z
    .looseObject({
      counter: z.boolean().default(false),
      good: metric.optional(),
      bad: metric.optional(),
      total: metric.optional(),
      rawType: z.enum(['success', 'failure']).optional(),
      raw: metric.optional(),
    })
    .optional(),
  thresholdMetric: metric.optional(),
});
const objective = z.looseObject({
  displayName: z.string().optional(),
  op: z.enum(['lte', 'gte', 'lt', 'gt']).optional(),
  value: z.number().optional(),
  target: z.number().optional(),
  targetPercent: percentOfGood.optional(),
});
const sloSpec = z.looseObject({
  description: z.string().default(''),
  service: z.string().default(''),
  indicator: z.looseObject({ spec: indicatorSpec }).optional(),
  indicatorRef: z.string().optional(),
  timeWindow: z
    .array(
      z.looseObject({
        duration: z.string(),
        isRolling: z.boolean().default(true),
        calendar: z.looseObject({ timeZone: z.string().default('UTC') }).optional(),
      }),
    )
    .default([]),
  budgetingMethod: z.string().optional(),
  objectives: z.array(objective).min(1),
  alertPolicies: z.array(z.unknown()).default([]),
});
const document = z.looseObject({ kind: z.string(), metadata, spec: z.unknown() });

type IndicatorSpec = z.output<typeof indicatorSpec>;
type Objective = z.output<typeof objective>;

export function readOpenSlo(documents: readonly YamlDocument[]): ReadDocuments {
  const drafts: DraftSlo[] = [];
  const problems: SloProblem[] = [];
  const notes: string[] = [];
  const indicators = new Map<string, IndicatorSpec>();
  const read = documents.flatMap(({ place, value }) => {
    const found = document.safeParse(value);
    if (found.success) return [{ place, ...found.data }];
    problems.push({ place, message: issuesText(found.error), hint: 'The file is read as one of OpenSLO.' });
    return [];
  });
  for (const each of read) {
    if (each.kind !== 'SLI') continue;
    const spec = indicatorSpec.safeParse(each.spec);
    if (spec.success) indicators.set(each.metadata.name, spec.data);
    else problems.push({ place: each.place, message: issuesText(spec.error), hint: '' });
  }
  for (const { kind, metadata: meta, spec: written, place } of read) {
    if (kind === 'SLI') continue;
    if (kind !== 'SLO') {
      notes.push(`${kind} ${meta.name}: not taken over.`);
      continue;
    }
    const spec = sloSpec.safeParse(written);
    if (!spec.success) {
      problems.push({ place, message: issuesText(spec.error), hint: '' });
      continue;
    }
    const { indicator, indicatorRef, objectives, service, description, budgetingMethod, timeWindow } =
      spec.data;
    const base = meta.displayName ?? meta.name;
    const source = indicator?.spec ?? indicators.get(indicatorRef ?? '');
    if (source === undefined) {
      problems.push({
        place,
        message: `The indicator "${indicatorRef ?? ''}" of ${meta.name} is not in the file.`,
        hint: 'Put its document (kind: SLI) into the same file.',
      });
      continue;
    }
    if (spec.data.alertPolicies.length > 0)
      notes.push(`${base}: alert policies are not taken over; it has the rules of burn rates of here.`);
    if (budgetingMethod !== undefined && budgetingMethod !== 'Occurrences')
      notes.push(`${base}: events are counted (Occurrences), not ${budgetingMethod}.`);
    const [window] = timeWindow;
    for (const each of objectives) {
      try {
        drafts.push({
          place: `${place}, ${base}`,
          slo: {
            name: objectives.length === 1 ? base : `${base} ${each.displayName ?? each.target ?? ''}`.trim(),
            description,
            objective: each.target ?? shareOfPercent(each.targetPercent ?? 0),
            indicator: indicatorOf(source, each),
            ...(window === undefined ? {} : { window: windowOf(window) }),
            labels: service === '' ? {} : { service },
          },
        });
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        problems.push({ place, message: `${base}: ${message}`, hint: 'SLOs are described in docs/slos.md.' });
      }
    }
  }
  return { drafts, problems, notes };
}

function indicatorOf({ ratioMetric, thresholdMetric }: IndicatorSpec, objectiveOf: Objective): unknown {
  if (ratioMetric !== undefined) {
    const { good, bad, total, raw, rawType } = ratioMetric;
    if (raw !== undefined) {
      const query = queryOf(raw);
      return { kind: 'promql', badShare: rawType === 'success' ? `1 - (${query})` : query };
    }
    const count = (each: z.output<typeof metric> | undefined): string | undefined =>
      each === undefined ? undefined : perSecond(queryOf(each));
    return {
      kind: 'promql',
      good: bad === undefined ? count(good) : undefined,
      bad: count(bad),
      total: count(total),
    };
  }
  if (thresholdMetric === undefined) throw new Error('it has neither ratioMetric nor thresholdMetric');
  const { op, value } = objectiveOf;
  if (op === undefined || value === undefined)
    throw new Error('an objective on a threshold has "op" and "value"');
  const comparison = { lte: '<=', gte: '>=', lt: '<', gt: '>' }[op];
  return { kind: 'promql', badShare: `1 - ((${queryOf(thresholdMetric)}) ${comparison} bool ${value})` };
}

function queryOf({ metricSource: { spec } }: z.output<typeof metric>): string {
  if (spec.query === undefined || spec.query.trim() === '')
    throw new Error('a metric source has no "query" in PromQL');
  return spec.query.trim().replaceAll(/\{\{\s*\.?[wW]indow\s*\}\}/g, '$window');
}

/** Counters as they are written get their rate, each selector by itself; an expression that has a range already stays. */
function perSecond(query: string): string {
  const text = metricExpression(query);
  if (text !== query || /\[[^\]]*\]/.test(query)) return query;
  const selectors = selectorsOf(parsePromql(query)).toSorted((a, b) => b.from - a.from);
  let written = query;
  for (const { from, to } of selectors)
    written = `${written.slice(0, from)}rate(${written.slice(from, to)}[$window])${written.slice(to)}`;
  return written;
}

function windowOf({
  duration,
  isRolling,
  calendar,
}: {
  readonly duration: string;
  readonly isRolling: boolean;
  readonly calendar?: { readonly timeZone: string } | undefined;
}): unknown {
  const [, count = '', unit = ''] = /^(\d+)([hdwMQY])$/.exec(duration) ?? [];
  const number = Number(count);
  if (!isRolling || calendar !== undefined) {
    const name = { w: 'week', M: 'month', Q: 'quarter' }[unit];
    if (number !== 1 || name === undefined)
      throw new Error(`the calendar window "${duration}" is none of 1w, 1M and 1Q`);
    return { kind: 'calendar', unit: name, timeZone: calendar?.timeZone ?? 'UTC' };
  }
  const days = { h: 1 / 24, d: 1, w: 7, M: 30, Q: 90, Y: 365 }[unit];
  if (days === undefined || !Number.isInteger(number * days))
    throw new Error(`the window "${duration}" is not a number of days`);
  return { kind: 'rolling', days: number * days };
}
