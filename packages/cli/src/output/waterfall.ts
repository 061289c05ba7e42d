import type { SlimSpan } from '@sightline/schema/api';
import { buildSpanForest, type SpanNode } from './span-forest.ts';
import { formatCostUsd, formatCount, formatDurationMs } from '@sightline/base';
import { oneLine } from './format.ts';
import type { Style } from './style.ts';
import { cutText, padText, textWidth } from './text-width.ts';

const barWidthMax = 40;
const nameWidthMax = 64;
const widthOfPipes = 140;

/** A trace as a tree with a bar per span on the time axis of the whole trace. */
export function renderWaterfall(
  spans: readonly SlimSpan[],
  { style, width = widthOfPipes }: { readonly style: Style; readonly width: number | undefined },
): string[] {
  const rows = flatten(buildSpanForest(spans));
  const axis = timeAxis(spans);
  const longestName = Math.max(...rows.map((row) => textWidth(row.label)));
  const longestService = Math.max(...spans.map(({ service }) => textWidth(oneLine(service))));
  const serviceWidth = Math.min(18, longestService);
  const nameWidth = Math.min(nameWidthMax, longestName, Math.max(24, Math.floor(width * 0.45)));
  const barWidth = Math.max(10, Math.min(barWidthMax, width - nameWidth - serviceWidth - 14));
  return rows.map(({ label, branch, node: { span } }) => {
    const name = padText(cutText(label, nameWidth), nameWidth);
    const failed = span.status.code === 'error';
    const shownName =
      style.dim(name.slice(0, branch.length)) + (failed ? style.error : identity)(name.slice(branch.length));
    const service = style.byName(
      span.service,
      padText(cutText(oneLine(span.service), serviceWidth), serviceWidth),
    );
    const bar = (failed ? style.error : style.accent)(renderBar(span, axis, barWidth));
    const duration = padText(formatDurationMs(span.durationMs), 9, 'right');
    return `${shownName}  ${service}  ${bar} ${duration}${describeSpan(span, style)}`.trimEnd();
  });
}

interface Row {
  readonly branch: string;
  readonly label: string;
  readonly node: SpanNode;
}

function flatten(roots: readonly SpanNode[]): Row[] {
  const rows: Row[] = [];
  // A stack instead of recursion: traces of thousands of levels exist.
  const stack = roots.map((node) => ({ node, branch: '', rest: '' })).reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, branch, rest } = next;
    rows.push({ node, branch, label: branch + oneLine(node.span.name) });
    for (let i = node.children.length - 1; i >= 0; i -= 1) {
      const child = node.children[i];
      const last = i === node.children.length - 1;
      if (child !== undefined)
        stack.push({
          node: child,
          branch: `${rest}${last ? '└─ ' : '├─ '}`,
          rest: `${rest}${last ? '   ' : '│  '}`,
        });
    }
  }
  return rows;
}

interface TimeAxis {
  readonly startMs: number;
  readonly lengthMs: number;
}

function timeAxis(spans: readonly SlimSpan[]): TimeAxis {
  let startMs = Number.POSITIVE_INFINITY;
  let endMs = Number.NEGATIVE_INFINITY;
  for (const span of spans) {
    const start = startOf(span);
    startMs = Math.min(startMs, start);
    endMs = Math.max(endMs, start + span.durationMs);
  }
  return { startMs, lengthMs: Math.max(endMs - startMs, 0.001) };
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** Starts on a whole column and ends on an eighth of one, so that short spans stay visible and comparable. */
function renderBar(span: SlimSpan, axis: TimeAxis, width: number): string {
  const from = Math.min(width - 1, Math.floor(((startOf(span) - axis.startMs) / axis.lengthMs) * width));
  const length = Math.min(width - from, (span.durationMs / axis.lengthMs) * width);
  const steps = Math.max(1, Math.round(length * 8));
  const bar = '█'.repeat(Math.floor(steps / 8)) + (eighths[steps % 8] ?? '');
  return ' '.repeat(from) + padText(bar, width - from);
}

function describeSpan(span: SlimSpan, style: Style): string {
  const parts: string[] = [];
  if (span.model !== null) parts.push(span.model);
  if (span.inputTokens !== null || span.outputTokens !== null)
    parts.push(`${formatCount(span.inputTokens ?? 0)}→${formatCount(span.outputTokens ?? 0)} tok`);
  if (span.costUsd !== null) parts.push(formatCostUsd(span.costUsd));
  const text = parts.length === 0 ? '' : `  ${style.dim(parts.join(' '))}`;
  if (span.status.code !== 'error') return text;
  return `${text}  ${style.error(`✗ ${cutText(oneLine(span.status.message || 'error'), 60)}`)}`;
}

function startOf(span: SlimSpan): number {
  // Sub-millisecond digits matter for short traces; Date keeps milliseconds only.
  const [, fraction = ''] = /\.(\d+)Z?$/.exec(span.startTime) ?? [];
  return Date.parse(span.startTime.replace(/\.\d+/, '')) + Number(`0.${fraction || '0'}`) * 1000;
}

function identity(text: string): string {
  return text;
}
