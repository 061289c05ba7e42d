/** OTLP/JSON lines in a rotating file: each line is one export request, as OpenTelemetry's file exporter writes it. */
import { delivered, type Sink } from './sink.ts';
import type { RotatingFile } from './rotating-file.ts';

const newline = 0x0a;

export function fileSink<T>(
  file: RotatingFile,
  encode: (items: readonly T[]) => Uint8Array | undefined,
): Sink<T> {
  return {
    send: async (items) => {
      try {
        const json = encode(items);
        if (json === undefined) return { kind: 'failed', reason: 'they cannot be encoded' };
        const line = new Uint8Array(json.byteLength + 1);
        line.set(json);
        line[json.byteLength] = newline;
        await file.append(line);
        return delivered;
      } catch (error) {
        return { kind: 'failed', reason: `the file cannot be written (${String(error)})` };
      }
    },
    lastWords: (items) => {
      const json = encode(items);
      if (json !== undefined) file.appendNow(Buffer.concat([json, Buffer.of(newline)]));
      return [];
    },
    close: () => file.close(),
  };
}
