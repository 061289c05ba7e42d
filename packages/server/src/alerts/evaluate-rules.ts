/** One look of rules of a project, all at the same tick. */
import { type UnixNano, unixNano } from '@sightline/base';
import { judgeValue, type RuleCondition, type Verdict } from '@sightline/schema/rules';
import type { ValueHistories } from '../outlook/value-histories.ts';
import { PromqlExecutionError } from '../promql/ast.ts';
import { askRuleSql } from '../query/alerts/ask-rule-sql.ts';
import {
  type LabelledValue,
  labelSetsMax,
  readRuleValues,
  readSampleTraces,
  valueOfNothing,
  type ValueRequest,
} from '../query/alerts/read-rule-values.ts';
import { AskedOnce } from '../query/asked-once.ts';
import { askInstant } from '../query/prometheus/questions.ts';
import type { QueryContext } from '../query/reader.ts';
import { badItemsQuery } from '../query/slos/bad-items.ts';
import { type CompiledRule, labelsKey } from './compiled-rule.ts';
import { isOfPast, type Outlooks, readOutlooks } from './rule-outlook.ts';
import type { Labels, Look, Sample } from './rule-states.ts';
import type { BurnOf, SloKeeper } from './slos/slo-keeper.ts';

/** Label sets of a rule that may be there at once. */
export const instancesMax = 1_000;
const lookbackMs = 300_000;

export interface FiringOf {
  /** Label sets of the rule of this name that fire. Undefined where there is no such rule. */
  (ruleName: string): readonly LabelledValue[] | undefined;
}

export interface Looked {
  readonly look: Look;
  readonly tookMs: number;
  /** Of recording rules: what is to be written. */
  readonly recorded?: readonly LabelledValue[];
  /** Whose traces show why, where the rule does not say it itself. */
  readonly shownBy?: ValueRequest;
}

/** Compound rules are looked at after the others of the same tick: `firingOf` is asked then. */
export async function evaluateRules(
  context: QueryContext,
  {
    rules,
    tickMs,
    histories,
    burnsAt,
  }: {
    readonly rules: readonly CompiledRule[];
    readonly tickMs: number;
    readonly histories: ValueHistories;
    readonly burnsAt: SloKeeper['burnsAt'];
  },
): Promise<ReadonlyMap<string, Looked>> {
  const found = new Map<string, Looked>();
  const burns = rules.filter(({ body }) => body.kind === 'burn');
  const ours = rules.filter(({ body }) => body.kind === 'value');
  const others = rules.filter(({ body }) => body.kind === 'promql' || body.kind === 'sql');
  const together: QueryContext = { ...context, once: new AskedOnce() };
  await Promise.all([
    evaluateOurs(context, { rules: ours, tickMs, found, histories }),
    evaluateBurns(context.project, { rules: burns, tickMs, found }, burnsAt),
    ...[0, 1].map(async (lane) => {
      for (const rule of others.filter((_each, index) => index % 2 === lane)) {
        const beganMs = performance.now();
        const looked = await evaluateOther(together, rule, { tickMs, histories }).catch((error: unknown) => ({
          look: failed(error),
        }));
        found.set(rule.id, { ...looked, tookMs: performance.now() - beganMs });
      }
    }),
  ]);
  return found;
}

const nanosOf = (ms: number): UnixNano => unixNano(BigInt(ms) * 1_000_000n);

interface Requests {
  readonly rules: readonly CompiledRule[];
  readonly tickMs: number;
  readonly found: Map<string, Looked>;
  readonly histories: ValueHistories;
}

/** What the rule wants to know: now, and where it compares with another time, then. */
export function requestOf(rule: CompiledRule, tickMs: number): ValueRequest | undefined {
  if (rule.body.kind !== 'value') return undefined;
  return { query: rule.body.node.query, to: nanosOf(tickMs - rule.delayMs), isLive: true };
}

async function evaluateOurs(
  context: QueryContext,
  { rules, tickMs, found, histories }: Requests,
): Promise<void> {
  const asked = rules.flatMap((rule) => {
    const now = requestOf(rule, tickMs);
    if (now === undefined) return [];
    const { condition } = rule;
    if (condition.type !== 'change') return [{ rule, request: now, isBefore: false }];
    const before = {
      ...now,
      to: unixNano(now.to - BigInt(Math.round(condition.againstS * 1e9))),
      isLive: false,
    };
    return [
      { rule, request: now, isBefore: false },
      { rule, request: before, isBefore: true },
    ];
  });
  const beganMs = performance.now();
  const answers = await readRuleValues(
    context,
    asked.map(({ request }) => request),
  );
  const tookMs = (performance.now() - beganMs) / Math.max(1, rules.length);
  const values = new Map<
    string,
    { now?: readonly LabelledValue[] | Error; before?: readonly LabelledValue[] | Error }
  >();
  for (const [index, { rule, isBefore }] of asked.entries()) {
    const known = values.get(rule.id) ?? {};
    values.set(rule.id, { ...known, [isBefore ? 'before' : 'now']: answers[index] ?? [] });
  }
  for (const rule of rules) {
    const { now = [], before } = values.get(rule.id) ?? {};
    const problem = now instanceof Error ? now : before instanceof Error ? before : undefined;
    if (problem !== undefined || now instanceof Error || before instanceof Error) {
      found.set(rule.id, { look: failed(problem), tookMs });
      continue;
    }
    const pastBeganMs = performance.now();
    const look = await lookWithPast(context, rule, { now, before, tickMs, histories }).catch(failed);
    found.set(rule.id, { look, tookMs: tookMs + performance.now() - pastBeganMs });
  }
}

async function evaluateBurns(
  project: string,
  { rules, tickMs, found }: Omit<Requests, 'histories'>,
  burnsAt: SloKeeper['burnsAt'],
): Promise<void> {
  if (rules.length === 0) return;
  const beganMs = performance.now();
  const burnOf = await burnsAt(project, tickMs).catch((error: unknown) => failed(error));
  const tookMs = (performance.now() - beganMs) / rules.length;
  for (const rule of rules) {
    try {
      if (typeof burnOf === 'object') found.set(rule.id, { look: burnOf, tookMs });
      else found.set(rule.id, { ...lookOfBurn(rule, burnOf, tickMs), tookMs });
    } catch (error) {
      found.set(rule.id, { look: failed(error), tookMs });
    }
  }
}

/** Both windows are to burn: the slower of them is the value. Without events nothing burns. */
function lookOfBurn(rule: CompiledRule, burnOf: BurnOf, tickMs: number): Omit<Looked, 'tookMs'> {
  if (rule.body.kind !== 'burn') return { look: { kind: 'no_data' } };
  const { slo: name, longS, shortS, factor } = rule.body.node;
  const { long, short, isHeld, slo } = burnOf({ slo: name, longS, shortS });
  const value = Math.min(long ?? 0, short ?? 0);
  const verdict = value > factor && !isHeld ? 'breach' : 'fine';
  const look = answerOf([{ labels: { slo: name }, value, verdict }], { missing: 'fine', isCut: false });
  const query = badItemsQuery(slo.slo.indicator, longS);
  return query === undefined ? { look } : { look, shownBy: { query, to: nanosOf(tickMs), isLive: true } };
}

async function lookWithPast(
  context: QueryContext,
  rule: CompiledRule,
  {
    now,
    before,
    tickMs,
    histories,
  }: {
    readonly now: readonly LabelledValue[];
    readonly before: readonly LabelledValue[] | undefined;
    readonly tickMs: number;
    readonly histories: ValueHistories;
  },
): Promise<Look> {
  const { condition } = rule;
  if (!isOfPast(condition)) return lookOfValues(rule, now, { before });
  const timeMs = tickMs - rule.delayMs;
  const past = await readOutlooks(context, { rule, condition, timeMs, now, histories });
  return lookOfValues(rule, past.now, { outlooks: past.outlooks });
}

/** What a look compares with: values of an earlier time, or what the past lets expect. */
interface Compared {
  readonly before?: readonly LabelledValue[] | undefined;
  readonly outlooks?: Outlooks | undefined;
}

/** What the values of a rule in our words say. */
export function lookOfValues(
  rule: CompiledRule,
  now: readonly LabelledValue[],
  { before, outlooks }: Compared,
): Look {
  if (rule.body.kind !== 'value') return { kind: 'no_data' };
  const { query } = rule.body.node;
  if (rule.condition.type === 'absent') {
    const isAbsent = now.every(({ value }) => value === 0);
    const value = now[0]?.value ?? 0;
    return answerOf([{ labels: {}, value, verdict: isAbsent ? 'breach' : 'fine' }], {
      missing: 'fine',
      isCut: false,
    });
  }
  const earlier =
    before === undefined ? undefined : new Map(before.map(({ labels, value }) => [labelsKey(labels), value]));
  const nothing = valueOfNothing(query);
  const judged = judge(rule.condition, now, { earlier, nothing, outlooks });
  // A label set that is not there counts 0 of what is counted: whether that is fine, the condition says.
  const isFine =
    nothing !== undefined && judgeValue(rule.condition, { value: nothing, before: nothing }) === 'fine';
  if (judged.length === 0 && !isFine) return { kind: 'no_data' };
  return answerOf(judged, {
    missing: isFine ? 'fine' : 'gone',
    isCut: now.length >= labelSetsMax,
    limit: rule.rule.limit,
  });
}

type Judged = LabelledValue & { readonly verdict: Verdict; readonly note?: string };

function judge(
  condition: RuleCondition,
  values: readonly LabelledValue[],
  {
    earlier,
    nothing,
    outlooks,
  }: {
    readonly earlier: ReadonlyMap<string, number> | undefined;
    readonly nothing?: number | undefined;
    readonly outlooks: Outlooks | undefined;
  },
): Judged[] {
  return values.map(({ labels, value }) => {
    const key = labelsKey(labels);
    const before = earlier === undefined ? undefined : (earlier.get(key) ?? nothing);
    const { note = '', unusual, reachedInS } = outlooks?.get(key) ?? {};
    const verdict = judgeValue(condition, { value, before, unusual, reachedInS });
    return { labels, value, verdict, note };
  });
}

function answerOf(
  judged: readonly Judged[],
  {
    missing,
    isCut,
    limit = 0,
  }: {
    readonly missing: 'gone' | 'fine';
    readonly isCut: boolean;
    /** Of the rule; 0 where it has none. */
    readonly limit?: number;
  },
): Look {
  const breaches = judged.filter(({ verdict }) => verdict === 'breach').length;
  const most = limit === 0 ? instancesMax : Math.min(limit, instancesMax);
  const overflow = Math.max(isCut ? 1 : 0, breaches - most);
  const samples = judged.map(({ labels, value, verdict, note = '' }): Sample => ({
    key: labelsKey(labels),
    labels,
    value,
    verdict,
    note,
  }));
  return { kind: 'answer', samples, missing, overflow };
}

async function evaluateOther(
  context: QueryContext,
  rule: CompiledRule,
  { tickMs, histories }: { readonly tickMs: number; readonly histories: ValueHistories },
): Promise<Omit<Looked, 'tookMs'>> {
  const timeMs = tickMs - rule.delayMs;
  const now = await valuesAt(context, rule, timeMs);
  const { record, limit } = rule.rule;
  if (record !== '' && limit > 0 && now.length > limit)
    throw new PromqlExecutionError(`exceeded limit of ${limit} with ${now.length} series`);
  if (record !== '') return { look: answerOf([], { missing: 'fine', isCut: false }), recorded: now };
  const { condition } = rule;
  if (isOfPast(condition)) {
    const past = await readOutlooks(context, { rule, condition, timeMs, now, histories });
    return { look: lookOfAnswer(rule, past.now, { outlooks: past.outlooks }) };
  }
  const before =
    condition.type === 'change'
      ? await valuesAt(context, rule, timeMs - Math.round(condition.againstS * 1000))
      : undefined;
  return { look: lookOfAnswer(rule, now, { before }) };
}

/** What an answer in PromQL or SQL says. */
export function lookOfAnswer(
  { condition, rule }: CompiledRule,
  now: readonly LabelledValue[],
  { before, outlooks }: Compared,
): Look {
  if (condition.type === 'absent') {
    const verdict = now.length === 0 ? 'breach' : 'fine';
    return answerOf([{ labels: {}, value: now.length, verdict }], {
      missing: 'fine',
      isCut: false,
    });
  }
  const earlier =
    before === undefined ? undefined : new Map(before.map(({ labels, value }) => [labelsKey(labels), value]));
  const judged = judge(condition, now, { earlier, outlooks });
  // As in Prometheus: without a condition whatever is not answered is fine.
  const isAny = condition.type === 'any';
  if (judged.length === 0 && !isAny) return { kind: 'no_data' };
  return answerOf(judged, {
    missing: isAny ? 'fine' : 'gone',
    isCut: now.length >= labelSetsMax,
    limit: rule.limit,
  });
}

export async function valuesAt(
  context: QueryContext,
  { body }: CompiledRule,
  timeMs: number,
): Promise<readonly LabelledValue[]> {
  if (body.kind === 'sql') {
    const to = nanosOf(timeMs);
    return askRuleSql(context, { text: body.text, from: nanosOf(timeMs - body.windowS * 1000), to });
  }
  if (body.kind !== 'promql') return [];
  const { value, grid: _grid } = await askInstant(context, {
    text: body.text,
    expression: body.expression,
    timeMs,
    lookbackMs,
  });
  if (value.kind === 'scalar') return [{ labels: {}, value: value.values[0] ?? NaN }];
  if (value.kind !== 'vector')
    throw new PromqlExecutionError('the expression of a rule gives a scalar or an instant vector');
  return value.series.flatMap((series): LabelledValue[] => {
    const sample = series.at(0);
    if (sample === undefined) return [];
    const { __name__: _name, ...labels } = series.labels.toObject();
    // A histogram is there, without being one number.
    return [{ labels, value: typeof sample === 'number' ? sample : NaN }];
  });
}

function failed(error: unknown): Look {
  return { kind: 'error', message: (error instanceof Error ? error.message : String(error)).slice(0, 1_000) };
}

/** Of a compound rule: whose labels agree where both have them. */
export function evaluateCompound(rule: CompiledRule, firingOf: FiringOf): Look {
  if (rule.body.kind !== 'compound') return { kind: 'no_data' };
  const { operator, rules } = rule.body.node;
  const [first, second] = rules.map((name) => firingOf(name));
  if (first === undefined || second === undefined) {
    const name = first === undefined ? rules[0] : rules[1];
    return { kind: 'error', message: `There is no enabled rule "${name}".` };
  }
  const partner = (labels: Labels, among: readonly LabelledValue[]): LabelledValue | undefined =>
    among.find((other) =>
      Object.entries(other.labels).every(
        ([name, text]) => labels[name] === undefined || labels[name] === text,
      ),
    );
  const both = first.flatMap(({ labels, value }) => {
    const other = partner(labels, second);
    return other === undefined ? [] : [{ labels: { ...other.labels, ...labels }, value }];
  });
  const found = ((): readonly LabelledValue[] => {
    switch (operator) {
      case 'and':
        return both;
      case 'unless':
        return first.filter(({ labels }) => partner(labels, second) === undefined);
      case 'or':
        return [...first, ...second.filter(({ labels }) => partner(labels, first) === undefined)];
    }
  })();
  const once = [...new Map(found.map((each) => [labelsKey(each.labels), each])).values()];
  return answerOf(
    once.map((each) => ({ ...each, verdict: 'breach' })),
    { missing: 'fine', isCut: false, limit: rule.rule.limit },
  );
}

/** Traces that show why; none where the rule is in PromQL or SQL. */
export async function sampleTracesOf(
  context: QueryContext,
  rule: CompiledRule,
  at: { readonly tickMs: number; readonly labels: Labels; readonly shownBy: ValueRequest | undefined },
): Promise<readonly string[]> {
  const request = at.shownBy ?? requestOf(rule, at.tickMs);
  return request === undefined ? [] : readSampleTraces(context, request, at.labels).catch(() => []);
}
