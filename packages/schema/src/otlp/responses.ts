import type { TelemetrySignal } from '../api/index.ts';
import { ByteWriter } from './byte-writer.ts';

export type OtlpEncoding = 'protobuf' | 'json';

export interface ExportOutcome {
  readonly rejected: number;
  /** With `rejected` 0 it is a warning. */
  readonly errorMessage: string;
}

export interface RpcStatus {
  /** A google.rpc.Code, the same numbers as gRPC's. */
  readonly code: number;
  readonly message: string;
  /** Adds a RetryInfo detail: without it clients do not retry RESOURCE_EXHAUSTED. */
  readonly retryDelayMs?: number | undefined;
}

const rejectedField: Readonly<Record<TelemetrySignal, string>> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
};

const retryInfoUrl = 'type.googleapis.com/google.rpc.RetryInfo';

/** An `Export*ServiceResponse`. On full success `partial_success` stays unset, as the specification demands. */
export function encodeExportResponse(
  signal: TelemetrySignal,
  encoding: OtlpEncoding,
  outcome: ExportOutcome,
): Uint8Array {
  const full = outcome.rejected === 0 && outcome.errorMessage === '';
  if (encoding === 'json') {
    const partialSuccess = {
      ...(outcome.rejected > 0 ? { [rejectedField[signal]]: String(outcome.rejected) } : {}),
      errorMessage: outcome.errorMessage,
    };
    return Buffer.from(JSON.stringify(full ? {} : { partialSuccess }));
  }
  const out = new ByteWriter(64 + outcome.errorMessage.length);
  if (full) return out.finish();
  writeMessage(out, 1, () => {
    if (outcome.rejected > 0) writeInteger(out, 1, outcome.rejected);
    writeText(out, 2, outcome.errorMessage);
  });
  return out.finish();
}

/** A `google.rpc.Status`: the body of every failure over HTTP, and the details trailer over gRPC. */
export function encodeStatus(encoding: OtlpEncoding, status: RpcStatus): Uint8Array {
  const { code, message, retryDelayMs } = status;
  if (encoding === 'json') {
    const details =
      retryDelayMs === undefined ? [] : [{ '@type': retryInfoUrl, retryDelay: `${retryDelayMs / 1000}s` }];
    return Buffer.from(JSON.stringify({ code, message, ...(details.length > 0 ? { details } : {}) }));
  }
  const out = new ByteWriter(64 + message.length);
  if (code !== 0) writeInteger(out, 1, code);
  writeText(out, 2, message);
  if (retryDelayMs !== undefined) {
    writeMessage(out, 3, () => {
      writeText(out, 1, retryInfoUrl);
      writeMessage(out, 2, () => writeMessage(out, 1, () => writeDuration(out, retryDelayMs)));
    });
  }
  return out.finish();
}

function writeDuration(out: ByteWriter, ms: number): void {
  const seconds = Math.floor(ms / 1000);
  const nanos = Math.round((ms - seconds * 1000) * 1e6);
  if (seconds > 0) writeInteger(out, 1, seconds);
  if (nanos > 0) writeInteger(out, 2, nanos);
}

function writeInteger(out: ByteWriter, number: number, value: number): void {
  out.varint(number * 8);
  out.varint(value);
}

function writeText(out: ByteWriter, number: number, value: string): void {
  if (value === '') return;
  const bytes = Buffer.from(value);
  out.varint(number * 8 + 2);
  out.varint(bytes.length);
  out.copy(bytes, 0, bytes.length);
}

function writeMessage(out: ByteWriter, number: number, content: () => void): void {
  out.varint(number * 8 + 2);
  const mark = out.begin();
  content();
  out.end(mark);
}
