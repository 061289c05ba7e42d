/**
 * Errors by cause: the list over 100,000 errors in few and in many groups, asked of a started server over HTTP, and what a text costs that was grouped before.
 *
 *     npm run bench -- errors
 *     node bench/errors.bench.ts [--errors 100000] [--runs 20] [--data <directory>]
 *
 * Sends its data (24 hours of it) to the OTLP door, unless the directory already holds some; a directory is kept. Most errors are reported more than once, as programs do: by the span that failed, by the spans above it and by a log record.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ErrorGrouper, groupError, type ReportedError } from '@sightline/schema/exceptions';
import { seededRandom } from '@sightline/base';
import { closeConnections, post } from './post.ts';
import { ProtoWriter } from './proto-writer.ts';
import { type ServerProcess, startServerProcess, untilAtRest } from './server-process.ts';

const { values } = parseArgs({
  options: {
    errors: { type: 'string', default: '100000' },
    runs: { type: 'string', default: '20' },
    data: { type: 'string' },
  },
});
const errorCount = Number(values.errors);
const errorsPerRequest = 500;
const statusError = 2;
const severityError = 17;

console.log(
  `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)}\n`,
);
measureGrouping();
console.log(
  '\n| errors, 24 hours | groups | bar | best | middle | CPU of the server, a question |\n| --- | ---: | --- | ---: | ---: | ---: |',
);
for (const groups of [40, 5_000]) await measureList(groups);

function stackOf(group: number, value: number): string {
  const own = Array.from(
    { length: 6 },
    (_, deep) =>
      `    at Service${group}.step${deep} (/srv/shop/dist/module${group % 97}.js:${group + deep}:7)`,
  );
  const libraries = Array.from(
    { length: 12 },
    (_, deep) => `    at Layer.handle${deep} (/srv/shop/node_modules/express/lib/layer.js:${deep}:3)`,
  );
  return [`RangeError: no item ${value}`, ...own, ...libraries].join('\n');
}

function measureGrouping(): void {
  const errors = Array.from({ length: 500 }, (_, group): ReportedError => ({
    type: 'RangeError',
    message: `no item ${group}`,
    stack: stackOf(group, group),
    service: 'shop',
    name: 'POST /cart',
    operation: '',
    provider: '',
    tool: '',
  }));
  // Texts arrive as new strings, whose hash the engine has not computed yet.
  const arrived = (error: ReportedError): ReportedError => ({
    ...error,
    stack: Buffer.from(error.stack).toString('latin1'),
  });
  const grouper = new ErrorGrouper();
  const microseconds = (work: (error: ReportedError) => unknown): number => {
    const bests = Array.from({ length: 40 }, () => {
      const batch = errors.map(arrived);
      const began = performance.now();
      for (const error of batch) work(error);
      return ((performance.now() - began) * 1000) / batch.length;
    });
    return Math.min(...bests);
  };
  const first = microseconds((error) => groupError(error));
  const again = microseconds((error) => grouper.group(error));
  console.log(
    `| a stack of 18 frames, ${errors[0]?.stack.length} characters | bar | µs |\n| --- | --- | ---: |`,
  );
  console.log(`| grouped for the first time | ≤ 20 µs | ${first.toFixed(1)} |`);
  console.log(`| grouped before | ≤ 2 µs | ${again.toFixed(2)} |`);
}

async function measureList(groups: number): Promise<void> {
  const directory =
    values.data === undefined
      ? mkdtempSync(join(tmpdir(), 'sightline-errors-'))
      : join(values.data, String(groups));
  const isFilled = existsSync(directory) && values.data !== undefined;
  const server = await startServerProcess({ dataDirectory: directory, timeoutMs: 120_000 });
  try {
    if (!isFilled) await fill(server, groups);
    await untilAtRest(server);
    for (const path of ['/errors?from=-24h', '/errors?from=-24h&status=all&sort=-users']) {
      const times: number[] = [];
      let found = '';
      await ask(server, path);
      const cpuS = server.cpuS();
      for (let run = 0; run < Number(values.runs); run += 1) {
        const began = performance.now();
        const answer = await ask(server, path);
        times.push(performance.now() - began);
        found = `${answer.total} | ${answer.groups}`;
      }
      const cpuMs = ((server.cpuS() - cpuS) * 1000) / times.length;
      const sorted = times.toSorted((a, b) => a - b);
      const ms = (value: number | undefined): string => `${Math.round(value ?? 0)} ms`;
      console.log(
        `| ${found} | < 100 ms | ${ms(sorted[0])} | ${ms(sorted[sorted.length >> 1])} | ${ms(cpuMs)} |`,
      );
    }
  } finally {
    closeConnections();
    await server.stop();
    if (values.data === undefined) rmSync(directory, { recursive: true });
  }
}

interface List {
  readonly total: number;
  readonly groups: number;
}

async function ask(server: ServerProcess, path: string): Promise<List> {
  const response = await fetch(`${server.ui}/api/v1${path}`);
  const body = (await response.json()) as List;
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(body)}`);
  return body;
}

async function fill(server: ServerProcess, groups: number): Promise<void> {
  const random = seededRandom(groups);
  const below = (n: number): number => Math.floor(random() * n);
  const newest = BigInt(Date.now()) * 1_000_000n;
  const [spans, logs] = [new ProtoWriter(), new ProtoWriter()];
  for (let from = 0; from < errorCount; from += errorsPerRequest) {
    const count = Math.min(errorsPerRequest, errorCount - from);
    const numbers = Array.from({ length: count }, (_, at) => from + at);
    const made = numbers.map((number) => ({
      number,
      group: below(groups),
      time: newest - BigInt(below(86_000)) * 1_000_000_000n,
      isLogged: number % 3 === 0,
    }));
    resourceOf(spans, () => made.forEach((each) => failedTrace(spans, each)));
    resourceOf(logs, () => made.filter(({ isLogged }) => isLogged).forEach((each) => logged(logs, each)));
    await send(`${server.otlpHttp}/v1/traces`, spans.take());
    await send(`${server.otlpHttp}/v1/logs`, logs.take());
  }
}

async function send(url: string, body: Buffer): Promise<void> {
  for (;;) {
    const { status, retryAfterS } = await post(url, 'application/x-protobuf', body);
    if (status === 200) return;
    if (status !== 429 && status !== 503) throw new Error(`${url} answers ${status}.`);
    await delay(retryAfterS * 1000 || 100);
  }
}

interface Made {
  readonly number: number;
  readonly group: number;
  readonly time: bigint;
}

function attribute(writer: ProtoWriter, field: number, key: string, value: string): void {
  writer.message(field, () => {
    writer.string(1, key);
    writer.message(2, () => writer.string(1, value));
  });
}

function resourceOf(writer: ProtoWriter, items: () => void): void {
  writer.message(1, () => {
    writer.message(1, () => {
      attribute(writer, 1, 'service.name', 'shop');
      attribute(writer, 1, 'service.version', '1.4.0');
    });
    writer.message(2, items);
  });
}

function exceptionOf(writer: ProtoWriter, field: number, { group, number }: Made): void {
  attribute(writer, field, 'exception.type', 'RangeError');
  attribute(writer, field, 'exception.message', `no item ${number}`);
  attribute(writer, field, 'exception.stacktrace', stackOf(group, number));
}

/** Never zero, which is no id. */
function idOf(length: number, number: number): Buffer {
  const id = Buffer.alloc(length);
  id.writeUInt32BE(number, length - 4);
  id.writeUInt32BE((number * 2_654_435_761) >>> 0, 0);
  return id;
}

/** The root says that it failed, the call below it why. */
function failedTrace(writer: ProtoWriter, made: Made): void {
  const { number, time } = made;
  const span = (id: number, parent: number | undefined, name: string, more: () => void): void =>
    writer.message(2, () => {
      writer.bytes(1, idOf(16, number + 1));
      writer.bytes(2, idOf(8, id + 1));
      if (parent !== undefined) writer.bytes(4, idOf(8, parent + 1));
      writer.string(5, name);
      writer.fixed64(7, time);
      writer.fixed64(8, time + 5_000_000n);
      more();
      writer.message(15, () => writer.varint(3, statusError));
    });
  span(number * 2, undefined, 'POST /cart', () => attribute(writer, 9, 'user.id', `user-${number % 5_000}`));
  span(number * 2 + 1, number * 2, 'add item', () =>
    writer.message(11, () => {
      writer.fixed64(1, time);
      writer.string(2, 'exception');
      exceptionOf(writer, 3, made);
    }),
  );
}

function logged(writer: ProtoWriter, made: Made): void {
  writer.message(2, () => {
    writer.fixed64(1, made.time);
    writer.varint(2, severityError);
    writer.message(5, () => writer.string(1, 'request failed'));
    exceptionOf(writer, 6, made);
    writer.bytes(9, idOf(16, made.number + 1));
    writer.bytes(10, idOf(8, made.number * 2 + 2));
  });
}
