/** The demo in a thread of its own: to make half an hour of a shop's life takes seconds of CPU. What it sends goes to the thread that started it. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '@sightline/base';
import { runDemo } from '@sightline/demo';
import type { TelemetrySignal } from '@sightline/schema/api';

export interface DemoWork {
  readonly historyMs: number;
  readonly rate: number;
  readonly seed: number;
}

export type FromDemoWorker =
  | {
      readonly type: 'request';
      readonly id: number;
      readonly signal: TelemetrySignal;
      readonly request: Uint8Array;
    }
  | { readonly type: 'progress'; readonly part: number; readonly spans: number }
  | { readonly type: 'done'; readonly failed: number; readonly lastFailure: string };

/** The answer to a request; with the reason where it was refused. */
export interface ToDemoWorker {
  readonly id: number;
  readonly error?: string;
}

assert(parentPort !== null, 'The demo runs as a worker.');
const port = parentPort;
const waiting = new Map<number, (error: string | undefined) => void>();
let ids = 0;
port.on('message', ({ id, error }: ToDemoWorker) => {
  waiting.get(id)?.(error);
  waiting.delete(id);
});
const tell = (message: FromDemoWorker): void => port.postMessage(message);

const { failed, lastFailure } = await runDemo({
  ...(workerData as DemoWork),
  once: false,
  liveMs: 0,
  abort: new AbortController().signal,
  onLive: () => {},
  onProgress: ({ played, sent }) => tell({ type: 'progress', part: played, spans: sent.spans }),
  send: async (signal, request) =>
    new Promise<void>((resolve, reject) => {
      ids += 1;
      waiting.set(ids, (error) => (error === undefined ? resolve() : reject(new Error(error))));
      tell({ type: 'request', id: ids, signal, request });
    }),
});
tell({ type: 'done', failed, lastFailure });
port.close();
