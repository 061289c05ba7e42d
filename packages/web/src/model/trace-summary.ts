import type { Usage } from '@sightline/schema/api';
import { costSaid } from './agent-answers.ts';
import type { CriticalPath } from './critical-path.ts';
import { formatDurationMs, formatShare, plural } from './format.ts';
import {
  at,
  spanModelName,
  spanName,
  spanService,
  spanStatusMessage,
  type TraceModel,
} from './trace-model.ts';

/** A headline is a line or two; the whole names are in the waterfall. */
const nameMax = 80;
const messageMax = 140;

/** `GET /chat failed after 2.31 s: card declined, in payments`. */
export function traceSentence(model: TraceModel): string {
  const name = shorten(spanName(model, model.root), nameMax) || 'This trace';
  // The scale of a waterfall is a microsecond at least.
  const duration = formatDurationMs(model.endUs.reduce((last, end) => Math.max(last, end), 0) / 1000);
  if (model.errorCount === 0) return `${name} took ${duration}`;
  const culprit = firstCause(model);
  const service = spanService(model, culprit);
  const message = spanStatusMessage(model, culprit);
  const where =
    culprit === model.root
      ? ''
      : ` in ${shorten(spanName(model, culprit), nameMax)}${service === spanService(model, model.root) ? '' : ` (${service})`}`;
  const verb =
    at(model.isError, model.root) === 1
      ? `failed after ${duration}`
      : `took ${duration} with ${plural(model.errorCount, 'error')}`;
  return `${name} ${verb}${where}${message === '' ? '' : `: ${shorten(message, messageMax)}`}`;
}

/**
 * `62 % of the critical path in chat gpt-4o · 45 spans · 3 services · 1,280 tokens · $0.0025`. What was used is what the run counts: spans alone do not tell which
 * of them say the same twice.
 */
export function traceDetail(model: TraceModel, path: CriticalPath, used?: Usage): string {
  const parts: string[] = [];
  const top = heaviestOnPath(model, path);
  if (top !== undefined && model.size > 1)
    parts.push(`${formatShare(top.share)} of the critical path in ${shorten(top.name, nameMax)}`);
  parts.push(plural(model.size, 'span'));
  parts.push(plural(new Set(model.slim.columns.service).size, 'service'));
  if (model.errorCount > 0) parts.push(plural(model.errorCount, 'error'));
  const tokens = (used?.inputTokens ?? 0) + (used?.outputTokens ?? 0);
  if (tokens > 0) parts.push(plural(tokens, 'token'));
  if (used !== undefined && (used.costUsd !== null || used.unpricedCalls > 0)) parts.push(costSaid(used));
  return parts.join(' · ');
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

/** The name that holds most of the critical path, over all spans of that name. */
export function heaviestOnPath(
  model: TraceModel,
  path: CriticalPath,
): { name: string; share: number } | undefined {
  const byName = new Map<string, number>();
  for (let i = 0; i < path.span.length; i++) {
    const span = at(path.span, i);
    const modelName = spanModelName(model, span);
    const name =
      modelName === '' || spanName(model, span).includes(modelName)
        ? spanName(model, span)
        : `${spanName(model, span)} (${modelName})`;
    byName.set(name, (byName.get(name) ?? 0) + at(path.toUs, i) - at(path.fromUs, i));
  }
  let top: { name: string; us: number } | undefined;
  for (const [name, us] of byName) if (top === undefined || us > top.us) top = { name, us };
  return top === undefined || path.totalUs === 0
    ? undefined
    : { name: top.name, share: top.us / path.totalUs };
}

function shorten(text: string, charactersMax: number): string {
  const line = text.split('\n', 1)[0] ?? '';
  return line.length > charactersMax ? `${line.slice(0, charactersMax)}…` : line;
}
