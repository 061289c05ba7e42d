/**
 * What is left when a process exits without another turn of its event loop: an uncaught exception, `process.exit()`. A worker
 * thread sends it while this thread waits, at most `timeoutMs`; the worker's start is what it costs (about 30 ms), and only when
 * something is left.
 */
import { Worker } from 'node:worker_threads';

export interface LastRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** OTLP over gRPC: one unary call of this method over HTTP/2. */
  readonly grpcMethod?: string;
}

/** Blocks until all are answered or `timeoutMs` is over. Says how many were taken. */
export function sendBlocking(requests: readonly LastRequest[], timeoutMs: number): number {
  const state = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(program, {
    eval: true,
    workerData: { requests, timeoutMs, state },
    // Without the host's --import and NODE_OPTIONS: they would start the SDK again in there.
    execArgv: [],
    env: {},
    stdin: false,
    stdout: true,
    stderr: true,
  });
  worker.unref();
  worker.on('error', () => undefined);
  Atomics.wait(state, 0, 0, timeoutMs);
  return Atomics.load(state, 1);
}

const program = `
const { workerData: { requests, timeoutMs, state } } = require('node:worker_threads');
const accept = () => Atomics.add(state, 1, 1);
function post({ url, headers, body }) {
  return new Promise((resolve) => {
    const { request } = require(url.startsWith('https:') ? 'node:https' : 'node:http');
    const sent = request(url, { method: 'POST', headers: { ...headers, 'content-length': body.byteLength }, timeout: timeoutMs }, (response) => {
      if (response.statusCode >= 200 && response.statusCode < 300) accept();
      response.resume();
      response.on('close', resolve);
    });
    sent.on('error', resolve);
    sent.on('timeout', () => sent.destroy());
    sent.end(body);
  });
}
function call({ url, headers, body, grpcMethod }) {
  return new Promise((resolve) => {
    const session = require('node:http2').connect(url);
    session.on('error', resolve);
    const stream = session.request({ ...headers, ':method': 'POST', ':path': grpcMethod, 'content-type': 'application/grpc', te: 'trailers' });
    const frame = Buffer.alloc(5 + body.byteLength);
    frame.writeUInt32BE(body.byteLength, 1);
    frame.set(body, 5);
    stream.on('trailers', (trailers) => trailers['grpc-status'] === '0' && accept());
    stream.on('error', resolve);
    stream.on('close', resolve);
    stream.resume();
    stream.end(frame);
  });
}
Promise.all(requests.map((each) => (each.grpcMethod === undefined ? post(each) : call(each)))).then(() => {
  Atomics.store(state, 0, 1);
  Atomics.notify(state, 0);
});
`;
