import { formatDurationMs, sleep } from '@sightline/base';
import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream';
import { z } from 'zod';
import { errorBody, logRecord, slimSpan, type SlimSpan, TailPlace } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { toQuery } from '../client/api-client.ts';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatTime, oneLine } from '../output/format.ts';
import { renderLogLine } from '../output/log-line.ts';
import { composeLogFilter, logFilterOptions } from './log-filter.ts';

export const tailCommand: Command = {
  name: 'tail',
  summary: 'Print log lines or spans as they arrive, until Ctrl-C.',
  positionals: '[filter]',
  positionalCount: { min: 0, max: 1 },
  options: {
    q: { type: 'string', short: 'q', value: 'filter', about: 'Filter, as in docs/query-language.md.' },
    ...logFilterOptions,
    spans: { type: 'boolean', about: 'Spans instead of log lines.' },
    full: { type: 'boolean', about: 'Show the attributes of every log line.' },
  },
  examples: [
    { line: 'sightline tail', about: 'every log line' },
    { line: 'sightline tail --level warn --service llm-gateway', about: 'what goes wrong in one service' },
    { line: "sightline tail --spans 'operation:llm duration>5s'", about: 'slow model calls' },
    { line: 'sightline tail --json | jq -r .body', about: 'one JSON record per line' },
  ],
  run: async (invocation) => {
    const spans = invocation.options.has('spans');
    return followSignal(invocation, {
      signal: spans ? 'spans' : 'logs',
      q: composeLogFilter(invocation),
      onOpen: async (first) => {
        if (first)
          invocation.output.note(invocation.output.style.dim('Waiting for what arrives. Ctrl-C ends.'));
      },
      isPrinted: () => false,
    });
  },
};

export interface FollowOptions {
  readonly signal: 'logs' | 'spans';
  readonly q: string | undefined;
  /** The stream is open; `first` is false when it was reopened. */
  readonly onOpen: (first: boolean) => Promise<void>;
  readonly isPrinted: (id: string) => boolean;
}

const reconnectDelayMs = 1000;

/** Prints a live stream until Ctrl-C. A stream that breaks is opened again; the gap is said on standard error. */
export async function followSignal(invocation: Invocation, follow: FollowOptions): Promise<ExitCode> {
  const { output, signal } = invocation;
  let first = true;
  const place = new TailPlace();
  while (!signal.aborted) {
    try {
      const events = await openStream(invocation, follow, place);
      if (!first) output.note(output.style.warning('Connected again; what arrived meanwhile follows.'));
      await Promise.all([follow.onOpen(first), printStream(events, invocation, { ...follow, place })]);
      first = false;
    } catch (error) {
      if (signal.aborted) break;
      // The first attempt decides whether there is anything to wait for.
      const lost =
        !(error instanceof SightlineError) ||
        error.code === 'server_unreachable' ||
        error.code === 'not_ready';
      if (!lost || (first && error instanceof SightlineError)) throw error;
      output.status(output.style.warning('The connection is lost. Trying again …'));
    }
    first = false;
    await sleep(reconnectDelayMs, signal);
  }
  return exitCodes.interrupted;
}

async function openStream(
  { client }: Invocation,
  { signal, q }: FollowOptions,
  place: TailPlace,
): Promise<AsyncIterable<EventSourceMessage>> {
  const response = await client.fetch(`/api/v1/tail${toQuery({ signal, q })}`, {
    headers: { accept: 'text/event-stream', ...place.headers },
  });
  await client.check(response);
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (!isStream || response.body === null)
    throw new SightlineError('server_unreachable', `${client.url} does not answer with a live stream.`, {
      hint: 'Check that --url names a Sightline server.',
    });
  return response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
}

async function printStream(
  events: AsyncIterable<EventSourceMessage>,
  { output, options }: Invocation,
  { signal, isPrinted, place }: FollowOptions & { readonly place: TailPlace },
): Promise<void> {
  const full = options.has('full');
  for await (const message of events) {
    if (!place.pass(message)) continue;
    const { event, data } = message;
    const items = readItems(data);
    if (event === 'error') throw toTailError(items[0]);
    if (event === 'skipped') {
      const { count } = skippedEvent.parse(items[0]);
      output.note(output.style.warning(`${count} more arrived than can be shown; a filter shows fewer.`));
    }
    for (const item of items) {
      if (signal === 'logs') {
        const log = logRecord.safeParse(item);
        if (!log.success || isPrinted(log.data.id)) continue;
        if (output.json) output.jsonLine(item);
        else output.line(renderLogLine(log.data, { style: output.style, now: new Date(), full }));
      } else {
        const span = slimSpan.safeParse(item);
        if (!span.success) continue;
        if (output.json) output.jsonLine(item);
        else output.line(renderSpanLine(span.data, output));
      }
    }
  }
}

const skippedEvent = z.object({ count: z.number() });

function toTailError(body: unknown): SightlineError {
  const parsed = errorBody.safeParse(body);
  const { message, hint } = parsed.success ? parsed.data.error : { message: 'The stream ended.', hint: '' };
  return new SightlineError('server_unreachable', message, { hint });
}

function readItems(data: string): readonly unknown[] {
  try {
    const value = JSON.parse(data) as unknown;
    return Array.isArray(value) ? value : [value];
  } catch {
    return [];
  }
}

function renderSpanLine(span: SlimSpan, { style }: Invocation['output']): string {
  const failed = span.status.code === 'error';
  return [
    style.dim(formatTime(span.startTime, new Date())),
    formatDurationMs(span.durationMs).padStart(9),
    style.byName(span.service, oneLine(span.service)),
    failed ? style.error(oneLine(span.name)) : oneLine(span.name),
    ...(failed ? [style.error(`✗ ${oneLine(span.status.message)}`)] : []),
    style.dim(`trace=${span.traceId}`),
  ].join(' ');
}
