/** One measurement of bench/sdk.bench.ts, in a process of its own; prints JSON. */
import { spawn } from 'node:child_process';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { pino } from 'pino';
import {
  droppedCounts,
  flush,
  getLogger,
  init,
  shutdown,
  traced,
  trackStage,
  withCorrelationId,
  withSpan,
} from '../src/index.ts';
import { createMaskText } from '../src/masking/mask-text.ts';

const discard: SpanExporter = {
  export: (_spans, done) => done({ code: 0 }),
  shutdown: () => Promise.resolve(),
};
const quiet = {
  serviceName: 'bench',
  environment: 'production',
  processMetrics: false,
  logHandlers: [],
  traceFetch: false,
} as const;
const calls = 100_000;
const attributes = { 'app.tenant': 'acme', 'app.step': 3, 'app.cached': false };
let sink = 0;
const work = (value: number) => (sink += value % 7);

const [kind, mode] = (process.argv[2] ?? '').split(':');
const measurements: Record<string, () => Promise<{ value: number; unit: string }>> = {
  traced: benchTraced,
  log: benchLog,
  mask: benchMask,
  stages: benchStages,
  memory: benchMemory,
};
const measurement = measurements[kind ?? ''];
if (measurement === undefined) throw new Error(`Unknown mode ${process.argv[2] ?? ''}`);
console.log(JSON.stringify(await measurement()));

/** CPU microseconds per call, batches and export included. Pauses let the batches leave, as a real program's awaits do. */
async function perCall(fn: (index: number) => unknown): Promise<number> {
  const round = async () => {
    const before = process.cpuUsage();
    for (let batch = 0; batch < calls / 500; batch++) {
      for (let index = 0; index < 500; index++) fn(index);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / calls;
  };
  await round();
  const measured = [await round(), await round(), await round()];
  return Math.min(...measured);
}

async function benchTraced() {
  let call: (index: number) => unknown = work;
  if (mode === 'otel') {
    const provider = new TracerProvider({
      spanProcessors: [new BatchSpanProcessor({ exporter: discard, maxQueueSize: 8192 })],
    });
    trace.setGlobalTracerProvider(provider);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const tracer = trace.getTracer('bench');
    call = (index) =>
      tracer.startActiveSpan('work', { attributes: { ...attributes, correlation_id: 'c-1' } }, (span) => {
        try {
          return work(index);
        } finally {
          span.end();
        }
      });
  } else if (mode !== 'none') {
    const sampling = {
      sightline: {},
      'sightline-production': {},
      unsampled: { rate: 0, keepErrors: false, keepSlowerThanMs: false as const },
      'unsampled-tail': { rate: 0 },
      'unsampled-production': { rate: 0 },
      off: {},
    }[mode ?? ''];
    const environment = mode?.endsWith('-production') === true ? 'production' : 'development';
    init({ ...quiet, environment, exporters: [discard], sampling: sampling ?? {}, enabled: mode !== 'off' });
    call = traced(work, { name: 'work', attributes });
  }
  // A request has its correlation id from its entry; the calls inside only carry it.
  const value = await (mode === 'none' ? perCall(call) : withCorrelationId('c-1', () => perCall(call)));
  await shutdown();
  return { value, unit: 'µs' };
}

async function benchLog() {
  const stream = { write: (line: string) => (sink += line.length) };
  const fields = { category: 'API', tags: ['a'], orderId: 42 } as const;
  if (mode === 'pino' || mode === 'pino-otel') {
    const log = pino(
      {
        base: { service: 'bench' },
        messageKey: 'message',
        timestamp: pino.stdTimeFunctions.isoTime,
        mixin: () => ({
          correlation_id: 'c-1',
          trace_id: '0af7651916cd43dd8448eb211c80319c',
          span_id: 'b7ad6b7169203331',
        }),
      },
      stream,
    ).child({ logger: 'bench' });
    if (mode === 'pino-otel') return benchPinoAndOtel(log, fields);
    return { value: await perCall(() => log.info(fields, 'order accepted')), unit: 'µs' };
  }
  const receiver = mode === 'sightline' ? undefined : await startReceiver();
  process.env['OTEL_LOGS_EXPORTER'] = receiver === undefined ? 'none' : 'otlp';
  process.env['OTEL_TRACES_EXPORTER'] = 'none';
  process.env['OTEL_METRICS_EXPORTER'] = 'none';
  init({ ...quiet, logHandlers: [stream], endpoint: receiver?.url ?? 'http://127.0.0.1:9' });
  const log = getLogger('bench');
  const line = () => log.info('order accepted', fields);
  const value = await withCorrelationId('c-1', () =>
    withSpan('request', {}, () => {
      if (mode === 'sightline') return perCall(line);
      return perDelivered(line, mode === 'sightline-otlp-total', () => flush());
    }),
  );
  if (droppedCounts().length > 0) throw new Error(`Lines were dropped: ${JSON.stringify(droppedCounts())}`);
  receiver?.stop();
  return { value, unit: 'µs' };
}

/** The same line and record with pino and bare OpenTelemetry side by side. */
async function benchPinoAndOtel(log: { info(fields: object, message: string): void }, fields: object) {
  const receiver = await startReceiver();
  const provider = new LoggerProvider({
    processors: [
      new BatchLogRecordProcessor({
        exporter: new OTLPLogExporter({ url: `${receiver.url}/v1/logs` }),
        maxQueueSize: 8192,
      }),
    ],
  });
  const logger = provider.getLogger('bench');
  const parent = trace.setSpanContext(ROOT_CONTEXT, {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
  });
  const line = () => {
    log.info(fields, 'order accepted');
    logger.emit({
      context: parent,
      body: 'order accepted',
      severityNumber: 9,
      severityText: 'INFO',
      attributes: { ...fields, correlation_id: 'c-1' },
    });
  };
  const value = await perDelivered(line, true, () => provider.forceFlush());
  receiver.stop();
  return { value, unit: 'µs' };
}

/** CPU per call when what was queued is really delivered: of the calls alone, or with building, sending and the answer. */
async function perDelivered(fn: () => void, total: boolean, deliver: () => Promise<void>): Promise<number> {
  const round = async () => {
    let spent = 0;
    for (let batch = 0; batch < calls / 4000; batch++) {
      const before = process.cpuUsage();
      for (let index = 0; index < 4000; index++) fn();
      const called = process.cpuUsage(before);
      await deliver();
      const { user, system } = total ? process.cpuUsage(before) : called;
      spent += user + system;
    }
    return spent / calls;
  };
  await round();
  const measured = [await round(), await round(), await round()];
  return Math.min(...measured);
}

/** A receiver in a process of its own, so that its work is not counted. */
async function startReceiver(): Promise<{ readonly url: string; stop(): void }> {
  const program =
    "const s = require('node:http').createServer((q, r) => { q.resume(); q.on('end', () => r.writeHead(200).end()); }).listen(0, '127.0.0.1', () => console.log(s.address().port));";
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { promise, resolve } = Promise.withResolvers<string>();
  child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
  return { url: `http://127.0.0.1:${await promise}`, stop: () => child.kill() };
}

async function benchMask() {
  const mask = createMaskText({});
  const sentence =
    'The agent read section 4 of the handbook, compared 12 offers and chose the one that ships on Monday. ';
  const text = `${sentence.repeat(40)} Contact: ada@example.org. ${sentence.repeat(20)}`;
  let bytes = 0;
  for (let index = 0; index < 200; index++) sink += mask(text).length;
  // CPU time, not wall time: a shared machine would measure its neighbours.
  const before = process.cpuUsage();
  while (bytes < 60_000_000) {
    sink += mask(text).length;
    bytes += text.length;
  }
  const { user, system } = process.cpuUsage(before);
  return { value: bytes / (user + system), unit: 'MB/s' };
}

/** CPU of ten nested stages of a 100 ms request, as a share of that request. */
async function benchStages() {
  init({ ...quiet, exporters: [discard] });
  const query = async (id: number) => {
    for (let stage = 0; stage < 10; stage++)
      await trackStage(`s${stage}`, `Stage ${stage}`, `thread-${id}`, async () => work(stage));
  };
  for (let id = 0; id < 500; id++) await query(id);
  const before = process.cpuUsage();
  const queries = 3000;
  for (let id = 0; id < queries; id++) await query(id);
  const { user, system } = process.cpuUsage(before);
  return { value: ((user + system) / 1000 / queries / 100) * 100, unit: '%' };
}

async function benchMemory() {
  init({ ...quiet, endpoint: 'http://127.0.0.1:9' });
  const call = traced(work, { name: 'work', attributes });
  const run = async (count: number) => {
    for (let index = 0; index < count; index++) {
      call(index);
      if (index % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    globalThis.gc?.();
    globalThis.gc?.();
    return process.memoryUsage().heapUsed / 1e6;
  };
  const warm = await run(50_000);
  const after = await run(1_000_000);
  return { value: after - warm, unit: 'MB' };
}
