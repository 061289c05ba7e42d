import type { Usage } from '@sightline/schema/api';
import { costSaid } from './runs-answer.ts';
import { type CriticalPath, shortName } from '@sightline/schema/analysis';
import { formatCount, formatDurationMs, formatShare, counted } from '@sightline/base';
import { humanKind, humanName, humanStep } from './human-step.ts';
import { at, spanName, spanService, spanStatusMessage, type TraceModel } from './trace-model.ts';

/** A headline is a line or two; the whole names are in the waterfall. */
const nameMax = 80;
const messageMax = 140;

/**
 * `GET /chat failed after 2.31 s: card declined, in payments`. A run is named by its agent, as the list of runs names it; a trace by its root.
 */
export function traceSentence(model: TraceModel, namedBy: 'root' | 'agent' = 'root'): string {
  const name = shorten(traceName(model, namedBy), nameMax) || 'This trace';
  // The scale of a waterfall is a microsecond at least.
  const duration = formatDurationMs(model.endUs.reduce((last, end) => Math.max(last, end), 0) / 1000);
  if (model.errorCount === 0) return `${name} took ${duration}`;
  return at(model.isError, model.root) === 1
    ? `${name} failed after ${duration}${errorWords(model, { isFailed: true })}`
    : `${name} took ${duration} with ${errorWords(model, { isFailed: false })}`;
}

/** The first agent from the root on; the root where none was at work. */
export function traceName(model: TraceModel, namedBy: 'root' | 'agent'): string {
  if (namedBy === 'agent')
    for (const span of model.order)
      if (humanKind(model, span) !== undefined) return shortName(spanName(model, span));
  return spanName(model, model.root);
}

interface ErrorText {
  readonly text: string;
  count: number;
  readonly steps: Set<string>;
}

/** What went wrong, by its text: ` in web_search: timed out`, `51 errors, 12 of them "boom"`. */
function errorWords(model: TraceModel, { isFailed }: { readonly isFailed: boolean }): string {
  const causes = model.order.filter(
    (span) => at(model.isError, span) === 1 && at(model.errorsBelow, span) === 0,
  );
  const texts = errorTexts(model, causes);
  const [most] = texts;
  if (most === undefined) return '';
  const [step = ''] = most.steps;
  const where = most.steps.size === 1 && step !== '' ? ` in ${shorten(step, nameMax)}` : '';
  const said = most.text === '' ? '' : `: ${shorten(most.text, messageMax)}`;
  if (texts.length === 1)
    return `${isFailed ? '' : counted(causes.length, 'error')}${isFailed && causes.length > 1 ? ` with ${counted(causes.length, 'error')}` : ''}${where}${said}`;
  const others = `${counted(causes.length, 'error')} of ${formatCount(texts.length)} kinds`;
  const often = most.count === 1 ? 'first' : `${formatCount(most.count)} times`;
  return `${isFailed ? ` with ${others}` : others}, ${often}${where}${said}`;
}

/** Texts of the failures, the most frequent first, then the earliest. */
function errorTexts(model: TraceModel, causes: Int32Array): readonly ErrorText[] {
  const byText = new Map<string, ErrorText>();
  for (const span of causes) {
    const text = spanStatusMessage(model, span);
    const known = byText.get(text) ?? { text, count: 0, steps: new Set<string>() };
    known.count++;
    known.steps.add(stepWords(model, span));
    byText.set(text, known);
  }
  return [...byText.values()].toSorted((a, b) => b.count - a.count);
}

/** Where a failure was, for people; empty where that is the whole trace. */
function stepWords(model: TraceModel, span: number): string {
  const step = humanStep(model, span);
  if (step === model.root) return '';
  const service = spanService(model, step);
  const isElsewhere = humanKind(model, step) === undefined && service !== spanService(model, model.root);
  return `${humanName(model, step)}${isElsewhere ? ` (${service})` : ''}`;
}

/**
 * `62 % waiting for gpt-5.4 (3 calls) · 45 spans · 3 services · 1,280 tokens · $0.0025`. What was used is what the run counts: spans alone do not
 * tell which of them say the same twice.
 */
export function traceDetail(model: TraceModel, path: CriticalPath, used?: Usage): string {
  const parts: string[] = [];
  const top = heaviestOnPath(model, path);
  if (top !== undefined && model.size > 1) parts.push(pathWords(top));
  parts.push(counted(model.size, 'span'));
  parts.push(counted(new Set(model.slim.columns.service).size, 'service'));
  const tokens = (used?.inputTokens ?? 0) + (used?.outputTokens ?? 0);
  if (tokens > 0) parts.push(counted(tokens, 'token'));
  if (used !== undefined && (used.costUsd !== null || used.unpricedCalls > 0)) parts.push(costSaid(used));
  return parts.join(' · ');
}

function pathWords({ kind, name, calls, share }: HeaviestStep): string {
  const times =
    calls > 1 ? ` (${counted(calls, kind === 'model' || kind === 'tool' ? 'call' : 'time')})` : '';
  const verb = {
    model: 'waiting for',
    tool: 'in the tool',
    retrieval: 'in retrieval',
    agent: 'in the agent',
  };
  const where = kind === undefined ? 'in' : verb[kind];
  return `${formatShare(share)} ${where} ${shorten(name, nameMax)}${times}`;
}

/** The span to look at first: the deepest failed one without failed spans below, earliest first; else the root. */
export function firstCause(model: TraceModel): number {
  let best = -1;
  for (const span of model.order) {
    if (at(model.isError, span) === 0 || at(model.errorsBelow, span) > 0) continue;
    if (best === -1 || at(model.endUs, span) < at(model.endUs, best)) best = span;
  }
  return best === -1 ? model.root : best;
}

export interface HeaviestStep {
  readonly kind: ReturnType<typeof humanKind>;
  readonly name: string;
  /** Steps of that name on the critical path. */
  readonly calls: number;
  readonly share: number;
}

/** The model, tool, agent or retrieval that holds most of the critical path, over all steps of that name. */
export function heaviestOnPath(model: TraceModel, path: CriticalPath): HeaviestStep | undefined {
  const byName = new Map<
    string,
    { kind: HeaviestStep['kind']; name: string; us: number; steps: Set<number> }
  >();
  for (let i = 0; i < path.span.length; i++) {
    const step = humanStep(model, at(path.span, i));
    const kind = humanKind(model, step);
    const name = humanName(model, step);
    const known = byName.get(`${kind} ${name}`) ?? { kind, name, us: 0, steps: new Set<number>() };
    known.us += at(path.toUs, i) - at(path.fromUs, i);
    known.steps.add(step);
    byName.set(`${kind} ${name}`, known);
  }
  const [top] = [...byName.values()].toSorted((a, b) => b.us - a.us);
  if (top === undefined || path.totalUs === 0) return undefined;
  const { kind, name, us, steps } = top;
  return { kind, name, calls: steps.size, share: us / path.totalUs };
}

function shorten(text: string, charactersMax: number): string {
  const line = text.split('\n', 1)[0] ?? '';
  return line.length > charactersMax ? `${line.slice(0, charactersMax)}…` : line;
}
