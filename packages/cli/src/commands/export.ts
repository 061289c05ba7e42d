import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type TelemetrySignal, telemetrySignal } from '@sightline/schema/api';
import { jsonToProtobuf } from '@sightline/schema/otlp';
import { ensure, formatCount } from '@sightline/base';
import { searchOptions } from '../arguments/global-options.ts';
import { badOption } from '../arguments/options.ts';
import type { Command, Invocation } from '../command.ts';
import { exitCodes, Interrupted } from '../exit-code.ts';
import { encodeVarint } from '../transfer/chunks.ts';
import { exportSignal } from '../transfer/export/export-signal.ts';
import { noteLimits, searchParameters } from './search.ts';

const { limit: _, ...rangeOptions } = searchOptions;

export const exportCommand: Command = {
  name: 'export',
  summary: 'Write traces, logs or metrics as OTLP.',
  positionals: '<traces|logs|metrics> [filter]',
  positionalCount: { min: 1, max: 2 },
  options: {
    ...rangeOptions,
    format: {
      type: 'string',
      value: 'json|protobuf',
      about: 'OTLP JSON lines, or length-delimited OTLP protobuf.',
      initial: 'json',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'path',
      about: 'Write to a file; gzipped when it ends with .gz.',
    },
  },
  details:
    'Each line or message is one OTLP export request; "sightline import" and the Collector read them. A filter finds\n' +
    'whole traces: every span of a trace found is written. Traces and metrics keep every value as it was sent; in logs,\n' +
    'doubles without a fraction become integers and bytes become base64 text.',
  examples: [
    { line: 'sightline export traces --from -24h -o traces.jsonl.gz', about: 'a day of traces, compressed' },
    { line: "sightline export logs 'severity>=error' > errors.jsonl", about: 'what a filter finds' },
    { line: 'sightline export metrics --format protobuf -o metrics.pb', about: 'protobuf, half the size' },
  ],
  run: async (invocation) => {
    const { client, options, output, positionals, signal: abort } = invocation;
    const signal = readSignal(positionals[0] ?? '');
    const format = options.choice('format', ['json', 'protobuf']) ?? 'json';
    if (format === 'protobuf' && options.text('output') === undefined && output.width !== undefined)
      throw badOption('Protobuf is not for a terminal.', 'Name a file with --output, or use a pipe.');
    const sink = openSink(invocation);
    let items = 0;
    let bytes = 0;
    const range = {
      ...searchParameters(invocation),
      ...(positionals[1] === undefined ? {} : { q: positionals[1] }),
      client,
      abort,
      onLimits: (limits: Parameters<typeof noteLimits>[1]) => noteLimits(output, limits),
    };
    for await (const page of exportSignal(signal, range)) {
      const chunk = encode(signal, JSON.stringify(page.request), format);
      await sink.write(chunk);
      items += page.count;
      bytes += chunk.byteLength;
      output.status(`${formatCount(items)} ${itemWords[signal]}`);
    }
    if (abort.aborted) throw new Interrupted();
    await sink.end();
    output.status('');
    // Standard output holds the data, so the account of it goes to standard error.
    output.note(
      output.json
        ? JSON.stringify({ signal, format, items, bytes })
        : `${formatCount(items)} ${itemWords[signal]} written.`,
    );
    return items === 0 ? exitCodes.notFound : exitCodes.ok;
  },
};

const itemWords: Readonly<Record<TelemetrySignal, string>> = {
  traces: 'spans',
  logs: 'log records',
  metrics: 'metric points',
};

function readSignal(word: string): TelemetrySignal {
  const parsed = telemetrySignal.safeParse(word);
  if (parsed.success) return parsed.data;
  throw badOption(`"${word}" cannot be exported: it takes traces, logs or metrics.`);
}

function encode(signal: TelemetrySignal, json: string, format: 'json' | 'protobuf'): Uint8Array {
  const text = new TextEncoder().encode(json);
  if (format === 'json') return Buffer.concat([text, Uint8Array.of(0x0a)]);
  const converted = jsonToProtobuf(signal, text);
  const message = ensure(converted.ok ? converted.value : undefined, 'an OTLP request of our own making');
  return Buffer.concat([encodeVarint(message.byteLength), message]);
}

interface Sink {
  write(chunk: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

function openSink({ options, output }: Invocation): Sink {
  const path = options.text('output');
  if (path === undefined) return { write: async (chunk) => output.bytes(chunk), end: async () => {} };
  const file = createWriteStream(path);
  const done = finished(file).catch((error: unknown) => {
    throw badOption(
      `Cannot write --output "${path}": ${error instanceof Error ? error.message : String(error)}.`,
      '',
    );
  });
  done.catch(() => {});
  const gzip = path.endsWith('.gz') ? createGzip() : undefined;
  gzip?.pipe(file);
  const head = gzip ?? file;
  return {
    write: async (chunk) => {
      if (head.write(chunk)) return;
      await Promise.race([new Promise<void>((resolve) => head.once('drain', () => resolve())), done]);
    },
    end: async () => {
      head.end();
      await done;
    },
  };
}
