import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { err, ok, type Result, systemClock } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import { type LogLine, logLinesRequest, splitLogLines } from '@sightline/schema/log-lines';
import { jsonToProtobuf } from '@sightline/schema/otlp';
import { SightlineError } from '@sightline/schema/errors';
import { prepend, readDelimited, readFixed32, readLines, readVarint, readWhole } from './chunks.ts';
import { guessSignal, hasFixedLengths, isSingleRequest } from './guess-signal.ts';
import { signalsOfJson } from './signals-of-json.ts';

/** One OTLP export request, as protobuf whatever the file holds. */
export interface OtlpRequest {
  readonly signal: TelemetrySignal;
  readonly request: Uint8Array;
}

/** A piece of a file that is not OTLP: where it stands and what is wrong. */
export interface Unreadable {
  readonly where: string;
  readonly message: string;
}

export interface ReadOptions {
  /** What a protobuf file holds; guessed from its content when undefined. */
  readonly signal: TelemetrySignal | undefined;
  /** Of lines of a log that name none. */
  readonly service: string;
  readonly onBytesRead: (bytes: number) => void;
  readonly abort: AbortSignal;
}

/**
 * The requests of a file: OTLP JSON lines or protobuf behind lengths of four bytes (the Collector's file exporter), one JSON document, length-delimited protobuf
 * or one protobuf request; or the JSON lines that programs log. Any of them gzipped. `-` is standard input. Unreadable lines are yielded and reading goes on.
 * @throws SightlineError `unreadable_file` when the file cannot be opened or stops being OTLP.
 */
export async function* readOtlpFile(
  path: string,
  options: ReadOptions,
): AsyncGenerator<Result<OtlpRequest, Unreadable>> {
  const chunks = decompress(path, countBytes(openFile(path), options));
  const logLines = new LogLineBatch(options.service);
  try {
    const head = await readHead(chunks);
    if (head.byteLength === 0) return;
    const all = prepend(head, chunks);
    yield* isText(head) ? readJson(all, logLines) : readProtobuf(path, all, head, options.signal);
  } catch (error) {
    if (error instanceof SightlineError || options.abort.aborted) throw error;
    throw unreadable(path, error instanceof Error ? error.message : String(error));
  }
}

export async function fileSize(path: string): Promise<number | undefined> {
  if (path === '-') return undefined;
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Error('it is a directory');
    return found.size;
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error));
  }
}

function openFile(path: string): Readable {
  return path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1 << 20 });
}

async function* countBytes(
  source: Readable,
  { onBytesRead, abort }: ReadOptions,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    if (abort.aborted) return;
    onBytesRead(chunk.byteLength);
    yield chunk;
  }
}

const gzipMagic = [0x1f, 0x8b] as const;

/** Gzip is told by its first two bytes, not by the name. */
async function* decompress(path: string, source: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const head = await readHead(source);
  const all = prepend(head, source);
  if (head[0] !== gzipMagic[0] || head[1] !== gzipMagic[1]) return yield* all;
  const gunzip = createGunzip();
  const feeding = (async () => {
    for await (const chunk of all)
      if (!gunzip.write(chunk)) await new Promise((resolve) => gunzip.once('drain', resolve));
    gunzip.end();
  })().catch((error: unknown) => gunzip.destroy(error instanceof Error ? error : new Error(String(error))));
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) yield chunk;
    await feeding;
  } catch (error) {
    throw unreadable(path, `its gzip is broken: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** No OTLP protobuf goes without control characters: its inner tags are some. A bare request may well begin like JSON: `\n{`. */
function isText(head: Uint8Array): boolean {
  return head.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}

/** At least 512 bytes, or all there is. */
async function readHead(source: AsyncGenerator<Uint8Array>): Promise<Uint8Array> {
  let head = new Uint8Array();
  while (head.byteLength < 512) {
    const next = await source.next();
    if (next.done === true) break;
    head = Uint8Array.from(Buffer.concat([head, next.value]));
  }
  return head;
}

/** So many lines of a log become one request. */
const logLinesMax = 500;

/** Lines of a log that wait to become a request. */
class LogLineBatch {
  readonly #service: string;
  #lines: LogLine[] = [];

  constructor(service: string) {
    this.#service = service;
  }

  /** Takes what is a line of a log, and gives the request that is full. */
  *add(lines: readonly LogLine[]): Generator<Result<OtlpRequest, Unreadable>> {
    for (const line of lines) {
      this.#lines.push(line);
      if (this.#lines.length >= logLinesMax) yield* this.rest();
    }
  }

  *rest(): Generator<Result<OtlpRequest, Unreadable>> {
    if (this.#lines.length === 0) return;
    const lines = this.#lines;
    this.#lines = [];
    const made = logLinesRequest(lines, { service: this.#service, now: systemClock().now() });
    yield made.ok
      ? ok({ signal: 'logs', request: made.value })
      : err({ where: `${lines.length} lines`, message: made.error });
  }
}

async function* readJson(
  chunks: AsyncGenerator<Uint8Array>,
  logLines: LogLineBatch,
): AsyncGenerator<Result<OtlpRequest, Unreadable>> {
  let lineNumber = 0;
  const lines = readLines(chunks);
  for await (const line of lines) {
    lineNumber += 1;
    if (line.every((byte) => byte <= 0x20)) continue;
    // A document printed over many lines, as `jq .` makes, opens with a lone brace.
    if (lineNumber === 1 && /^[\s\uFEFF]*[{[]\s*$/.test(new TextDecoder().decode(line))) {
      const rest = await readWhole(lines, 0x0a);
      yield* convertJson(Buffer.concat([line, rest]), 'the document', logLines);
      yield* logLines.rest();
      return;
    }
    yield* convertJson(line, `line ${lineNumber}`, logLines);
  }
  yield* logLines.rest();
}

/** OTLP, else lines of a log. */
function* convertJson(
  json: Uint8Array,
  where: string,
  logLines: LogLineBatch,
): Generator<Result<OtlpRequest, Unreadable>> {
  const signals = signalsOfJson(json);
  if (!signals.ok) {
    const { lines, unreadable } = splitLogLines(new TextDecoder().decode(json));
    if (lines.length === 0) yield err({ where, message: signals.error });
    else
      for (const each of unreadable) yield err({ where: `${where}, ${each.number}`, message: each.message });
    yield* logLines.add(lines);
    return;
  }
  for (const signal of signals.value) {
    const converted = jsonToProtobuf(signal, json);
    yield converted.ok
      ? ok({ signal, request: converted.value })
      : err({ where, message: converted.error.message });
  }
}

async function* readProtobuf(
  path: string,
  chunks: AsyncGenerator<Uint8Array>,
  head: Uint8Array,
  given: TelemetrySignal | undefined,
): AsyncGenerator<Result<OtlpRequest, Unreadable>> {
  const requests = isSingleRequest(head)
    ? wholeOf(chunks)
    : readDelimited(chunks, hasFixedLengths(head) ? readFixed32 : readVarint);
  for await (const request of requests) {
    if (request.byteLength === 0) continue;
    const signal = given ?? guessSignal(request);
    if (signal === undefined)
      throw unreadable(
        path,
        'it is neither OTLP JSON nor an OTLP protobuf request',
        'Say what it holds with --signal.',
      );
    yield ok({ signal, request });
  }
}

async function* wholeOf(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield await readWhole(chunks);
}

function unreadable(
  path: string,
  reason: string,
  hint = 'Import takes OTLP JSON lines, OTLP protobuf or logs as JSON lines, gzipped or not.',
) {
  return new SightlineError('unreadable_file', `Cannot import "${path}": ${reason.replace(/\.$/, '')}.`, {
    hint,
  });
}
