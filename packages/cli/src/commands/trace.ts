import {
  logsResponse,
  type Span,
  traceId as traceIdSchema,
  traceResponse,
  type TraceResponse,
} from '@sightline/schema/api';
import { badOption } from '../arguments/options.ts';
import type { Command, Invocation } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import { counted, formatCostUsd, formatCount, formatDurationMs } from '@sightline/base';
import { formatTime, formatValue, oneLine, printable } from '../output/format.ts';
import { renderLogLine } from '../output/log-line.ts';
import { renderWaterfall } from '../output/waterfall.ts';
import { noteLimits } from './search.ts';

export const traceCommand: Command = {
  name: 'trace',
  summary: 'Show one trace as a waterfall.',
  positionals: '<trace-id>',
  positionalCount: { min: 1, max: 1 },
  options: {
    span: { type: 'string', value: 'span-id', about: 'Show one span with everything it carries.' },
    logs: { type: 'boolean', about: 'Show the log lines of the trace below it.' },
    attributes: { type: 'boolean', short: 'a', about: 'Show the attributes and events of every span.' },
  },
  examples: [
    { line: 'sightline trace 4bf92f3577b34da6a3ce929d0e0e4736', about: 'what happened, how long, how much' },
    {
      line: 'sightline trace 4bf92f3577b34da6a3ce929d0e0e4736 --logs',
      about: 'with what was logged meanwhile',
    },
    {
      line: 'sightline trace 4bf92f3577b34da6a3ce929d0e0e4736 --span 00f067aa0ba902b7',
      about: 'one span: attributes, events, links',
    },
  ],
  run: async (invocation) => {
    const { client, options, output } = invocation;
    const id = readTraceId(invocation);
    const trace = await client.get(`traces/${id}`, {}, traceResponse);
    noteLimits(output, trace.limitsMet);
    const wanted = options.text('span')?.toLowerCase();
    if (wanted !== undefined) return showSpan(invocation, trace, wanted);
    const logs = options.has('logs')
      ? await client.get(
          'logs',
          { traceId: id, from: rangeStart(trace), order: 'asc', limit: 1000 },
          logsResponse,
        )
      : undefined;
    if (output.json) {
      output.document(logs === undefined ? trace : { ...trace, logs: logs.logs });
      return exitCodes.ok;
    }
    for (const line of describeTrace(trace, invocation)) output.line(line);
    output.line('');
    for (const line of renderWaterfall(trace.spans, output)) output.line(line);
    if (options.has('attributes'))
      for (const span of trace.spans)
        for (const line of ['', ...describeSpan(span, invocation)]) output.line(line);
    if (logs !== undefined) {
      output.line('');
      const now = new Date();
      for (const log of logs.logs) output.line(renderLogLine(log, { style: output.style, now, full: false }));
      if (logs.logs.length === 0) output.note('The trace has no log lines.');
    }
    return exitCodes.ok;
  },
};

function readTraceId({ positionals }: Invocation): string {
  const id = (positionals[0] ?? '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(id))
    throw badOption(
      `"${positionals[0]}" is not a trace id: it takes 32 hex digits.`,
      'Find one with "sightline traces".',
    );
  return traceIdSchema.parse(id);
}

/** Logs of the trace are looked for from shortly before its first span. */
function rangeStart({ spans }: TraceResponse): string | undefined {
  const starts = spans.map(({ startTime }) => startTime).sort();
  const first = starts[0] === undefined ? Number.NaN : Date.parse(starts[0]);
  return Number.isNaN(first) ? undefined : new Date(first - 60_000).toISOString();
}

function describeTrace(
  { traceId, spans, spanCount }: TraceResponse,
  { output: { style } }: Invocation,
): string[] {
  const root = spans.find(({ parentSpanId }) => parentSpanId === null) ?? spans[0];
  if (root === undefined) return [];
  const starts = spans.map(({ startTime }) => Date.parse(startTime));
  const ends = spans.map(({ startTime, durationMs }) => Date.parse(startTime) + durationMs);
  const errors = spans.filter(({ status }) => status.code === 'error').length;
  const services = new Set(spans.map(({ service }) => service));
  const known = <K extends 'sessionId' | 'userId' | 'correlationId'>(key: K): string | undefined =>
    spans.find((span) => span[key] !== null)?.[key] ?? undefined;
  const facts = [
    formatDurationMs(ends.reduce((a, b) => Math.max(a, b)) - starts.reduce((a, b) => Math.min(a, b))),
    counted(spanCount, 'span'),
    `${services.size} ${services.size === 1 ? 'service' : 'services'}`,
    errors === 0 ? style.good('no errors') : style.error(`${errors} ${errors === 1 ? 'error' : 'errors'}`),
    ...describeUse(spans),
  ];
  const ids = [
    ['session', known('sessionId')],
    ['user', known('userId')],
    ['correlation', known('correlationId')],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${oneLine(value)}`]));
  return [
    `${style.bold(oneLine(root.name))}  ${facts.join(' · ')}`,
    style.dim([`trace ${traceId}`, formatTime(root.startTime, new Date()), ...ids].join(' · ')),
  ];
}

/**
 * Tokens and cost of the calls to models. Agents and workflows that carry the sum of their calls are left out, so that
 * nothing counts twice.
 */
function describeUse(spans: readonly Span[]): string[] {
  const calls = spans.filter(({ operation }) => operation === 'llm' || operation === 'embedding');
  const input = calls.reduce((sum, { inputTokens }) => sum + (inputTokens ?? 0), 0);
  const output = calls.reduce((sum, { outputTokens }) => sum + (outputTokens ?? 0), 0);
  const costs = calls.flatMap(({ costUsd }) => (costUsd === null ? [] : [costUsd]));
  return [
    ...(input + output === 0 ? [] : [`${formatCount(input)}→${formatCount(output)} tokens`]),
    ...(costs.length === 0 ? [] : [formatCostUsd(costs.reduce((a, b) => a + b))]),
  ];
}

function showSpan(invocation: Invocation, trace: TraceResponse, spanId: string) {
  const span = trace.spans.find((candidate) => candidate.spanId === spanId);
  if (span === undefined) {
    invocation.output.note(`The trace has no span "${spanId}".`);
    return exitCodes.notFound;
  }
  if (invocation.output.json) invocation.output.document(span);
  else for (const line of describeSpan(span, invocation)) invocation.output.line(line);
  return exitCodes.ok;
}

function describeSpan(span: Span, { output: { style } }: Invocation): string[] {
  const field = (name: string, value: unknown): string =>
    `  ${style.dim(`${oneLine(name)}:`)} ${printable(formatValue(value)).replaceAll('\n', '\n      ')}`;
  const status =
    span.status.code === 'error' ? style.error(`error ${oneLine(span.status.message)}`) : span.status.code;
  return [
    `${style.bold(oneLine(span.name))}  ${style.byName(span.service, oneLine(span.service))}  ${formatDurationMs(span.durationMs)}  ${status}`,
    style.dim(
      `  span ${span.spanId} · ${span.kind} · ${span.operation} · ${formatTime(span.startTime, new Date())}`,
    ),
    ...Object.entries(span.attributes).map(([name, value]) => field(name, value)),
    ...span.events.flatMap((event) => [
      `  ${style.accent('event')} ${oneLine(event.name)} ${style.dim(formatTime(event.time, new Date()))}`,
      ...Object.entries(event.attributes).map(([name, value]) => `  ${field(name, value)}`),
    ]),
    ...span.links.map((link) => `  ${style.accent('link')} trace ${link.traceId} span ${link.spanId}`),
  ];
}
