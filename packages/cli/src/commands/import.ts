import path from 'node:path';
import { telemetrySignal, type TelemetrySignal } from '@sightline/schema/api';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes, Interrupted } from '../exit-code.ts';
import { counted, formatCount, formatDurationMs } from '@sightline/base';
import { fileSize, readOtlpFile, type Unreadable } from '../transfer/read-otlp-file.ts';
import { mergeResults, sendRequest, type SendResult } from '../transfer/send-requests.ts';

export const importCommand: Command = {
  name: 'import',
  summary: 'Send OTLP files, or logs as JSON lines, to the server.',
  positionals: '<file…>',
  positionalCount: { min: 1, max: 10_000 },
  options: {
    signal: {
      type: 'string',
      value: 'traces|logs|metrics',
      about: 'What protobuf files hold, where their content does not tell.',
    },
    service: {
      type: 'string',
      value: 'name',
      about: 'The service of log lines that name none; the name of their file when not given.',
    },
  },
  details:
    'Takes OTLP JSON lines (one request per line), one JSON document, length-delimited OTLP protobuf or one protobuf\n' +
    'request, or the JSON lines that programs log; gzipped or not; - is standard input. Waits when the server is busy. What counts as sent is on its disk.',
  examples: [
    { line: 'sightline import traces.jsonl logs.jsonl.gz', about: "files of the Collector's file exporter" },
    {
      line: 'sightline import --service agent app.log.json',
      about: 'what a program logged as JSON, a line each',
    },
    {
      line: 'sightline export traces --url http://other:4300 | sightline import -',
      about: 'copy from another server',
    },
  ],
  run: async (invocation) => {
    const { positionals, output } = invocation;
    const given = invocation.options.choice('signal', telemetrySignal.options);
    const files: FileReport[] = [];
    for (const file of positionals) files.push(await importFile(invocation, file, given));
    if (output.json) output.document({ files });
    const failed = files.some(({ rejected, unreadable }) => rejected > 0 || unreadable > 0);
    const sent = files.reduce((sum, { accepted }) => sum + accepted, 0);
    if (failed) return exitCodes.failure;
    return sent === 0 ? exitCodes.notFound : exitCodes.ok;
  },
};

interface FileReport {
  readonly file: string;
  readonly accepted: number;
  readonly rejected: number;
  readonly message: string;
  readonly unreadable: number;
  readonly signals: Readonly<Partial<Record<TelemetrySignal, SendResult>>>;
}

/** Requests are joined up to this size: protobuf messages concatenate into one with all their items. */
const batchBytes = 2 ** 20;
const unreadableShownMax = 5;

async function importFile(
  invocation: Invocation,
  file: string,
  given: TelemetrySignal | undefined,
): Promise<FileReport> {
  const { client, output, signal: abort } = invocation;
  const name = file === '-' ? 'standard input' : path.basename(file);
  const service = invocation.options.text('service') ?? serviceOf(name);
  const size = await fileSize(file);
  const results: Partial<Record<TelemetrySignal, SendResult>> = {};
  const batches = new Map<TelemetrySignal, { parts: Uint8Array[]; bytes: number }>();
  const startMs = performance.now();
  let bytesRead = 0;
  let unreadable = 0;

  const flush = async (signal: TelemetrySignal): Promise<void> => {
    const batch = batches.get(signal);
    if (batch === undefined) return;
    batches.delete(signal);
    const result = await sendRequest(signal, Buffer.concat(batch.parts), {
      client,
      abort,
      onWait: (reason, ms) => output.status(`${name}: waiting ${formatDurationMs(ms)}: ${reason}`),
    });
    results[signal] = mergeResults([...(results[signal] === undefined ? [] : [results[signal]]), result]);
    const sent = Object.values(results).reduce((sum, { accepted }) => sum + accepted, 0);
    const part = size === undefined || size === 0 ? '' : ` ${Math.floor((bytesRead / size) * 100)} %`;
    output.status(`${name}:${part} ${counted(sent, 'item')}`);
  };

  const requests = readOtlpFile(file, {
    signal: given,
    service,
    abort,
    onBytesRead: (bytes) => (bytesRead += bytes),
  });
  for await (const request of requests) {
    if (!request.ok) {
      unreadable += 1;
      noteUnreadable(invocation, name, request.error, unreadable);
      continue;
    }
    const { signal, request: bytes } = request.value;
    const batch = batches.get(signal) ?? { parts: [], bytes: 0 };
    batches.set(signal, batch);
    batch.parts.push(bytes);
    batch.bytes += bytes.byteLength;
    if (batch.bytes >= batchBytes) await flush(signal);
  }
  if (abort.aborted) throw new Interrupted();
  for (const signal of batches.keys()) await flush(signal);
  output.status('');

  const report = { file, unreadable, signals: results, ...mergeResults(Object.values(results)) };
  if (!output.json) printReport(invocation, name, report, performance.now() - startMs);
  return report;
}

/** `agent.log.json.gz` is what `agent` logged. */
const serviceOf = (file: string): string =>
  file === 'standard input' ? 'unknown_service' : (/^\.?[^.]+/.exec(file)?.[0] ?? 'unknown_service');

function noteUnreadable(
  { output }: Invocation,
  name: string,
  { where, message }: Unreadable,
  count: number,
): void {
  if (count <= unreadableShownMax) output.note(output.style.warning(`${name}, ${where}: ${message}`));
  if (count === unreadableShownMax + 1)
    output.note(output.style.warning(`${name}: more unreadable pieces follow.`));
}

const itemWords: Readonly<Record<TelemetrySignal, string>> = {
  traces: 'spans',
  logs: 'log records',
  metrics: 'metric points',
};

function printReport({ output }: Invocation, name: string, report: FileReport, elapsedMs: number): ExitCode {
  const parts = Object.entries(report.signals).map(
    ([signal, { accepted }]) => `${formatCount(accepted)} ${itemWords[signal as TelemetrySignal]}`,
  );
  output.line(
    `${name}: ${parts.length === 0 ? 'nothing' : parts.join(', ')} in ${formatDurationMs(elapsedMs)}`,
  );
  if (report.rejected > 0)
    output.note(output.style.error(`${name}: ${report.rejected} refused by the server: ${report.message}`));
  if (report.unreadable > 0)
    output.note(
      output.style.error(`${name}: ${report.unreadable} pieces are neither OTLP nor lines of a log.`),
    );
  return exitCodes.ok;
}
