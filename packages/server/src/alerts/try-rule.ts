/** What a rule would have done over a range of the past, with the states of the live rules. */
import { formatNanos, nanosFromMs, unixNano } from '@sightline/base';
import type { TryRuleRequest, TryRuleResponse } from '@sightline/schema/api';
import { judgeValue } from '@sightline/schema/rules';
import {
  type LabelledValue,
  readRuleHistory,
  valueOfNothing,
  type ValueSeries,
} from '../query/alerts/read-rule-values.ts';
import { askRange } from '../query/prometheus/questions.ts';
import type { QueryContext } from '../query/reader.ts';
import { readRange } from '../query/time-range.ts';
import { badRule, compileRule, type CompiledRule, labelsKey, thresholdOf } from './compiled-rule.ts';
import { lookOfAnswer, lookOfValues, valuesAt } from './evaluate-rules.ts';
import { isOfPast, type Outlooks } from './rule-outlook.ts';
import { type Labels, noState, stepRule } from './rule-states.ts';
import { tryPast } from './try-past.ts';

/** Looks of one try. Statements in SQL are asked look by look. */
const looksMax = 2_016;
const sqlLooksMax = 60;
/** An item is counted by this many looks at most. */
const looksOfWindowMax = 12;
const lookbackMs = 300_000;

interface Looks {
  readonly firstMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/** Throws `bad_rule`, `bad_filter`, `bad_sql`, `query_limit`, `bad_time_range` and PromqlSyntaxError. */
export async function tryRule(
  context: QueryContext,
  { rule: input, from, to, seriesMax }: TryRuleRequest,
): Promise<TryRuleResponse> {
  const rule = compileRule({ id: 'tried', project: context.project, rule: input });
  if (rule.body.kind === 'compound')
    throw badRule('A rule about rules cannot be tried on history.', 'Try the rules that it names.');
  if (rule.body.kind === 'burn')
    throw badRule(
      'A rule about the budget of an SLO is not tried on history here.',
      'The page of the SLO shows how fast its budget was spent.',
    );
  const range = readRange({ from, to }, context.clock);
  const bounds = { fromMs: Number(range.from / 1_000_000n), toMs: Number(range.to / 1_000_000n) };
  const { condition } = rule;
  const past = isOfPast(condition) ? await tryPast(context, { rule, condition, ...bounds }) : undefined;
  const looks = past?.looks ?? looksOf(rule, bounds);
  const now =
    past?.series.map(({ labels, values, trials }) => ({ labels, values, items: trials })) ??
    (await historyOf(context, rule, looks));
  const before =
    condition.type === 'change'
      ? await historyOf(context, rule, {
          ...looks,
          firstMs: looks.firstMs - Math.round(condition.againstS * 1000),
        })
      : undefined;
  const { spells, firedCount } = simulate(rule, looks, { now, before, outlooksAt: past?.outlooksAt });
  const days = Math.max(0, Number(range.to - range.from) / 86_400e9);
  const series = now
    .map(({ labels, values }) => ({
      labels: { ...labels },
      points: values.map((value, index): [number, number | null] => [
        (looks.firstMs + index * looks.stepMs) / 1000,
        value ?? null,
      ]),
      expected: values.map((_value, index): [number, number | null, number | null] => {
        const { low, high } = past?.outlooksAt(index).get(labelsKey(labels)) ?? {};
        return [(looks.firstMs + index * looks.stepMs) / 1000, low ?? null, high ?? null];
      }),
      spells: spells.get(labelsKey(labels)) ?? [],
    }))
    .toSorted(
      (a, b) => b.spells.length - a.spells.length || labelsKey(a.labels).localeCompare(labelsKey(b.labels)),
    );
  return {
    summary: `${firedCount === 0 ? 'would not have fired' : `would have fired ${times(firedCount)}`} in ${lengthText(days)}`,
    firedCount,
    stepS: looks.stepMs / 1000,
    threshold: thresholdOf(rule),
    recovery: condition.type === 'threshold' ? (condition.recovery ?? null) : null,
    unit: rule.unit,
    series: series.slice(0, seriesMax),
    seriesCount: series.length,
  };
}

const times = (count: number): string => (count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`);

function lengthText(days: number): string {
  const [amount, unit] =
    days >= 2 ? [days, 'days'] : days * 24 >= 2 ? [days * 24, 'hours'] : [days * 1440, 'minutes'];
  return `${Number(amount.toFixed(1))} ${unit}`;
}

function looksOf(
  { body, timing }: CompiledRule,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Looks {
  const { intervalMs } = timing;
  const count = body.kind === 'sql' ? sqlLooksMax : looksMax;
  const windowMs = body.kind === 'value' ? body.node.query.windowS * 1000 : 0;
  const least = Math.max((toMs - fromMs) / count, windowMs / looksOfWindowMax, intervalMs);
  const stepMs = Math.ceil(least / intervalMs) * intervalMs;
  const firstMs = Math.ceil(fromMs / stepMs) * stepMs;
  return { firstMs, stepMs, count: Math.max(1, Math.floor((toMs - firstMs) / stepMs) + 1) };
}

async function historyOf(
  context: QueryContext,
  rule: CompiledRule,
  looks: Looks,
): Promise<readonly ValueSeries[]> {
  const { body, delayMs } = rule;
  const firstMs = looks.firstMs - delayMs;
  if (body.kind === 'value')
    return readRuleHistory(context, body.node.query, {
      first: nanosFromMs(firstMs),
      stepNanos: nanosFromMs(looks.stepMs),
      count: looks.count,
      windowNanos: unixNano(BigInt(Math.round(body.node.query.windowS * 1e9))),
    });
  const gathered = new Map<
    string,
    { labels: Labels; values: (number | undefined)[]; items: readonly undefined[] }
  >();
  const put = (labels: Labels, look: number, value: number): void => {
    const key = labelsKey(labels);
    const known = gathered.get(key) ?? {
      labels,
      values: Array.from({ length: looks.count }, () => undefined),
      items: [],
    };
    known.values[look] = value;
    gathered.set(key, known);
  };
  if (body.kind === 'sql') {
    for (let look = 0; look < looks.count; look++)
      for (const { labels, value } of await valuesAt(context, rule, firstMs + look * looks.stepMs))
        put(labels, look, value);
    return [...gathered.values()];
  }
  if (body.kind !== 'promql') return [];
  const times = { startMs: firstMs, endMs: firstMs + (looks.count - 1) * looks.stepMs, stepMs: looks.stepMs };
  const { value, grid } = await askRange(context, {
    text: body.text,
    expression: body.expression,
    lookbackMs,
    ...times,
  });
  if (value.kind === 'scalar')
    for (let look = 0; look < grid.count; look++) put({}, look, value.values[look] ?? NaN);
  if (value.kind === 'vector')
    for (const series of value.series) {
      const { __name__: _name, ...labels } = series.labels.toObject();
      for (let look = 0; look < grid.count; look++) {
        const sample = series.at(look);
        if (sample !== undefined) put(labels, look, typeof sample === 'number' ? sample : NaN);
      }
    }
  return [...gathered.values()];
}

interface Histories {
  readonly now: readonly ValueSeries[];
  readonly before: readonly ValueSeries[] | undefined;
  readonly outlooksAt: ((look: number) => Outlooks) | undefined;
}

type Spell = TryRuleResponse['series'][number]['spells'][number];

function simulate(
  rule: CompiledRule,
  looks: Looks,
  { now, before, outlooksAt }: Histories,
): { spells: Map<string, Spell[]>; firedCount: number } {
  const spells = new Map<string, Spell[]>();
  const nothing = rule.body.kind === 'value' ? valueOfNothing(rule.body.node.query) : undefined;
  const peak = peakOf(rule);
  let state = noState;
  let firedCount = 0;
  const at = (series: readonly ValueSeries[], look: number): LabelledValue[] =>
    series.flatMap(({ labels, values }) => {
      const value = values[look];
      // As in a live look, where a label set without items is not in the answer.
      const isThere =
        value !== undefined &&
        (Object.keys(labels).length === 0 ||
          value !== nothing ||
          outlooksAt !== undefined ||
          judgeValue(rule.condition, { value }) === 'breach');
      return isThere ? [{ labels, value }] : [];
    });
  for (let look = 0; look < looks.count; look++) {
    const tick = looks.firstMs + look * looks.stepMs;
    const values = at(now, look);
    const earlier = before === undefined ? undefined : at(before, look);
    const compared = { before: earlier, outlooks: outlooksAt?.(look) };
    const found =
      rule.body.kind === 'value'
        ? lookOfValues(rule, values, compared)
        : lookOfAnswer(rule, values, compared);
    const stepped = stepRule(state, found, { tick, timing: { ...rule.timing, intervalMs: looks.stepMs } });
    state = stepped.state;
    for (const { key, kind, reason, instance } of stepped.transitions) {
      const known = spells.get(key) ?? [];
      spells.set(key, known);
      if (kind === 'firing' && reason !== 'again') {
        firedCount++;
        known.push({ from: timeText(tick), to: null, peak: finite(instance.value) });
      }
      const open = known.at(-1);
      if (kind === 'resolved' && open !== undefined)
        known[known.length - 1] = { ...open, to: timeText(tick) };
    }
    for (const [key, { state: each, value }] of state.instances) {
      const known = spells.get(key);
      const open = known?.at(-1);
      if (each !== 'pending' && known !== undefined && open?.to === null)
        known[known.length - 1] = { ...open, peak: peak(open.peak, finite(value)) };
    }
  }
  return { spells, firedCount };
}

function peakOf({ condition }: CompiledRule): (a: number | null, b: number | null) => number | null {
  const isLow = condition.type === 'threshold' && condition.comparison.startsWith('<');
  return (a, b) => (a === null ? b : b === null ? a : isLow ? Math.min(a, b) : Math.max(a, b));
}

const finite = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value : null;
const timeText = (ms: number): string => formatNanos(nanosFromMs(ms));
