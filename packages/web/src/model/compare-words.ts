/** What a comparison says, and which questions a page asks with it. */
import type {
  ComparedCurve,
  ComparedDifference,
  ComparedMetric,
  ComparedNode,
  CompareResponse,
  StepKind,
} from '@sightline/schema/api';
import { printText } from '@sightline/schema/filter';
import { addTerm } from './filter-text.ts';
import {
  formatCostUsd,
  formatCount,
  formatDurationMs,
  formatNumber,
  formatShare,
  counted,
} from '@sightline/base';
import type { OperationFamily } from './operation.ts';
import { resolveRange, type TimeRange } from './time-range.ts';

export type CompareSearch = Readonly<Record<string, string | undefined>>;

/** The parts of an address that say what is compared. */
export const sideParameters = [
  'a',
  'b',
  'aFrom',
  'aTo',
  'bFrom',
  'bTo',
  'aTraces',
  'bTraces',
  'aPrompt',
  'bPrompt',
  'replay',
] as const;

/** What the API is asked; `undefined` where the address says nothing. */
export function askedSides(search: CompareSearch): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(sideParameters.map((name) => [name, search[name]]));
}

/** Whether anything tells A from the rest. */
export function hasSides(search: CompareSearch): boolean {
  return sideParameters.some((name) => search[name] !== undefined);
}

export type BKind = 'rest' | 'filter' | 'before' | 'traces';

export function kindOfB(search: CompareSearch): BKind {
  if (search['bTraces'] !== undefined) return 'traces';
  if (search['bFrom'] !== undefined || search['bTo'] !== undefined) return 'before';
  return search['b'] === undefined ? 'rest' : 'filter';
}

/** The range of the same length that ends where this one begins. */
export function rangeBefore(range: TimeRange, nowMs: number): TimeRange {
  const relative = /^-(\d+)([smhdw])$/.exec(range.from);
  if (range.to === 'now' && relative !== null)
    return { from: `-${Number(relative[1]) * 2}${relative[2] ?? ''}`, to: range.from };
  const { fromMs, toMs } = resolveRange(range, nowMs);
  return {
    from: new Date(2 * fromMs - toMs).toISOString(),
    to: new Date(fromMs).toISOString(),
  };
}

export function formatMetric(unit: ComparedMetric['unit'], value: number): string {
  if (unit === 'ms') return formatDurationMs(value);
  return unit === 'USD' ? formatCostUsd(value) : formatNumber(Math.round(value * 100) / 100);
}

/** `2.1 × as long`, `12 % less`; empty where one of them is nothing. */
export function ratioWords(a: number, b: number): string {
  if (!(a > 0) || !(b > 0)) return '';
  const ratio = a / b;
  if (ratio >= 1.95) return `${Number(ratio.toPrecision(2))} ×`;
  if (ratio <= 1 / 1.95) return `1/${Number((1 / ratio).toPrecision(2))}`;
  const percent = Math.round((ratio - 1) * 100);
  return percent === 0 ? 'the same' : `${percent > 0 ? '+' : '−'}${Math.abs(percent)} %`;
}

/** Whether the 95 % ranges of a quantile lie apart. */
export function isApart(a: ComparedCurve, b: ComparedCurve, level: 'p50' | 'p95'): boolean {
  const [x, y] = [a[level], b[level]];
  return x !== null && y !== null && a.count > 1 && b.count > 1 && (x.low > y.high || y.low > x.high);
}

/** The sentence of the page: how much longer A takes, and what is told by it. */
export function comparisonSentence(found: CompareResponse): string {
  const { a, b } = found;
  if (a.total === 0 && b.total === 0) return 'No traces to compare in this range';
  if (a.total === 0) return `Nothing is in A; B has ${counted(b.total, 'trace')}`;
  if (b.total === 0) return `A has ${counted(a.total, 'trace')}; nothing is in B`;
  const duration = found.metrics.find(({ name }) => name === 'duration');
  const [step] = found.steps.filter(({ isSignificant }) => isSignificant);
  const [field] = found.differences.filter(({ isSignificant }) => isSignificant);
  const [value] = field?.values ?? [];
  const parts = [durationWords(duration, found)];
  if (step !== undefined)
    parts.push(
      `${formatDurationMs(Math.abs(step.moreMs))} ${step.moreMs > 0 ? 'more' : 'less'} in ${step.name}`,
    );
  if (field !== undefined && value !== undefined) parts.push(`${field.field} ${fieldWords(value)}`);
  else if (a.sampled > 1 && b.sampled > 1) parts.push('no attribute tells them apart');
  return parts.join('; ');
}

/** A field that fewer of A miss is told as one that more of A have. */
function fieldWords({ value, a, b }: ComparedDifference['values'][number]): string {
  const [words, inA, inB] =
    value === null
      ? a < b
        ? ['is there', 1 - a, 1 - b]
        : ['is missing', a, b]
      : [`is ${shorten(value)}`, a, b];
  return `${words} in ${formatShare(inA)} of A, ${formatShare(inB)} of B`;
}

function durationWords(duration: ComparedMetric | undefined, { a, b }: CompareResponse): string {
  const [x, y] = [duration?.a.p50?.value ?? 0, duration?.b.p50?.value ?? 0];
  const one = a.total === 1 && b.total === 1;
  const words = `${formatDurationMs(x)} against ${formatDurationMs(y)}`;
  const ratio = ratioWords(x, y);
  return `A took ${words}${one ? '' : ' at the median'}${ratio === '' || ratio === 'the same' ? '' : ` (${ratio})`}`;
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

export function sideWords({ total, sampled }: CompareResponse['a']): string {
  return total > sampled
    ? `${counted(total, 'trace')}, ${formatCount(sampled)} of them looked at`
    : counted(total, 'trace');
}

/** What a list of runs is narrowed to, as filters of a comparison: the failed, where they are listed, against the others. */
export function listedRuns(
  filter: string,
  { status, version, environment, ...exact }: Readonly<Record<string, string | undefined>>,
): { readonly q: string | undefined; readonly a: string | undefined } {
  let q = filter;
  for (const [field, value] of Object.entries({ ...exact, 'service.version': version }))
    if (value !== undefined) q = addTerm(q, field, value, 'include');
  if (environment !== undefined) {
    const value = printText(environment);
    q = withCondition(q, `(deployment.environment.name:${value} OR deployment.environment:${value})`);
  }
  return {
    q: q === '' ? undefined : q,
    a: status === 'error' ? 'status:error' : status === 'ok' ? '-status:error' : undefined,
  };
}

/** A filter and one more condition. */
export function withCondition(filter: string | undefined, condition: string): string {
  if (filter === undefined || filter.trim() === '') return condition;
  return / OR /.test(filter) ? `(${filter}) ${condition}` : `${filter} ${condition}`;
}

export const familyOfStep: Readonly<Record<StepKind, OperationFamily>> = {
  model: 'llm',
  tool: 'tool',
  retrieval: 'retrieval',
  agent: 'agent',
  code: 'other',
};

export const changeWords: Readonly<Record<ComparedNode['change'], string>> = {
  same: '',
  added: 'only in A',
  removed: 'only in B',
  slower: 'slower',
  faster: 'faster',
  more: 'more often',
  fewer: 'less often',
};

export interface StructureRow {
  readonly node: ComparedNode;
  readonly depth: number;
  readonly hasChange: boolean;
}

/** The tree as rows, children by how much they differ. With `onlyChanges` what is the same on both sides stays away unless something below it differs. */
export function structureRows(nodes: readonly ComparedNode[], onlyChanges: boolean): readonly StructureRow[] {
  const below = Map.groupBy(nodes, ({ parent }) => parent);
  const differs = new Set<number>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  for (const node of nodes) {
    if (node.change === 'same') continue;
    for (
      let at: ComparedNode | undefined = node;
      at !== undefined && !differs.has(at.id);
      at = byId.get(at.parent)
    )
      differs.add(at.id);
  }
  const rows: StructureRow[] = [];
  const walk = (parent: number, depth: number): void => {
    const children = (below.get(parent) ?? []).toSorted(
      (x, y) => Math.abs(y.moreMs) - Math.abs(x.moreMs) || x.id - y.id,
    );
    for (const node of children) {
      const hasChange = differs.has(node.id);
      if (onlyChanges && !hasChange) continue;
      rows.push({ node, depth, hasChange });
      if (depth < depthMax) walk(node.id, depth + 1);
    }
  };
  walk(-1, 0);
  return rows;
}

const depthMax = 60;
