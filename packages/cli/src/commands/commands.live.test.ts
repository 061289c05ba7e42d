/** Every verb against a real server in another process, as its users meet it. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import {
  demoSlos,
  demoState,
  logContextResponse,
  logsResponse,
  metricQueryResponse,
  metricsResponse,
  logRecord,
  slosResponse,
  span,
  spansResponse,
  sqlResponse,
  traceResponse,
  tracesResponse,
} from '@sightline/schema/api';
import { type LiveServer, startLiveServer } from '../testing/live-server.ts';
import { type RunOptions, sightline, startSightline } from '../testing/run-sightline.ts';
import { shopCorrelationId, shopSpanId, shopTelemetry, shopTraceId } from '../testing/shop-telemetry.ts';

// Every call is a process of its own; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 90_000 });

let server: LiveServer;
let directory: string;
const telemetry = shopTelemetry();
const run = async (words: readonly string[], options: RunOptions = {}) =>
  sightline(words, { url: server.url, ...options });
const runJson = async <T extends z.ZodType>(words: readonly string[], schema: T): Promise<z.infer<T>> => {
  const { code, stdout, stderr } = await run([...words, '--json']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return schema.parse(JSON.parse(stdout));
};
/** Polls what was just sent until it can be read. */
const eventually = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error('It never came.');
  }
};

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sightline-files-'));
  server = await startLiveServer();
  const file = path.join(directory, 'shop.jsonl');
  await writeFile(
    file,
    Object.values(telemetry)
      .map((request) => JSON.stringify(request))
      .join('\n'),
  );
  const { code, stdout, stderr } = await run(['import', file]);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/shop\.jsonl: 2 spans, 4 log records, 3 metric points in/);
  expect(code).toBe(0);
  await eventually(async () =>
    (await run(['logs', '--correlation', shopCorrelationId])).code === 0 ? true : undefined,
  );
  await eventually(async () => ((await run(['trace', shopTraceId])).code === 0 ? true : undefined));
}, 120_000);

afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('traces', () => {
  test('as a table', async () => {
    const { stdout, code } = await run(['traces', 'service:shop']);
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(
      /^TIME +TRACE +SERVICE +NAME +QUESTION +ANSWER +DURATION +SPANS +ERRORS/,
    );
    expect(stdout).toMatch(new RegExp(`${shopTraceId} +shop +GET /basket +· +· +1\\.00 s +2 +1`));
  });

  test('as JSON', async () => {
    const { traces } = await runJson(['traces', '--status', 'error', '--service', 'shop'], tracesResponse);
    expect(traces.map(({ traceId }) => traceId)).toEqual([shopTraceId]);
  });

  test('that nobody sent', async () => {
    const { code, stdout, stderr } = await run(['traces', 'service:nobody']);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain('No traces found');
  });

  test('with a field that is almost a known one', async () => {
    const { stderr } = await run(['traces', 'servcie:shop']);
    expect(stderr).toContain('There is no field "servcie". Did you mean service:shop?');
  });

  test('with a filter that cannot be read', async () => {
    const { code, stderr } = await run(['traces', 'duration>soon']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/column 10/);
    const asJson = await run(['traces', 'duration>soon', '--json']);
    expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { code: 'bad_filter' } });
  });

  test('with a range that is reversed', async () => {
    expect((await run(['traces', '--from', 'now', '--to', '-1h'])).code).toBe(2);
  });
});

describe('trace', () => {
  test('as a waterfall', async () => {
    const { stdout, code } = await run(['trace', shopTraceId]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^GET \/basket {2}1\.00 s · 2 spans · 1 service · 1 error/);
    expect(stdout).toMatch(/└─ SELECT basket +shop +█+ +500 ms +✗ deadlock detected/);
  });

  test('as JSON, with its logs', async () => {
    const schema = traceResponse.extend({ logs: z.array(logRecord) });
    const { spans, logs } = await runJson(['trace', shopTraceId, '--logs'], schema);
    expect(spans).toHaveLength(2);
    expect(logs.map(({ body }) => body)).toEqual([
      'basket: miss',
      'reading the basket',
      'deadlock detected',
      'GET /basket 500',
    ]);
  });

  test('one span of it', async () => {
    const found = await runJson(['trace', shopTraceId, '--span', shopSpanId], span);
    expect(found.attributes['big.int']).toBe('9007199254740993');
    const { stdout } = await run(['trace', shopTraceId, '--span', shopSpanId]);
    expect(stdout).toContain('event cache.miss');
  });

  test('that does not exist, and a word that is no id', async () => {
    expect(await run(['trace', 'f'.repeat(32)])).toMatchObject({ code: 4, stdout: '' });
    expect(await run(['trace', 'xyz'])).toMatchObject({ code: 2 });
  });
});

test('spans, as a table and as JSON', async () => {
  expect((await run(['spans', 'service:shop status:error'])).stdout).toMatch(
    new RegExp(`${shopTraceId} +b7ad6b7169203332 +shop +500 ms +SELECT basket ✗ deadlock detected`),
  );
  const { spans } = await runJson(['spans', 'attr.flag:false', '--service', 'shop'], spansResponse);
  expect(spans.map(({ spanId }) => spanId)).toEqual([shopSpanId]);
  expect((await run(['spans', 'service:nobody'])).code).toBe(4);
});

describe('logs', () => {
  test('all lines of one request, the newest last', async () => {
    const { stdout } = await run(['logs', '--correlation', shopCorrelationId]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain('DEBUG shop basket: miss');
    expect(lines[2]).toContain(`ERROR shop deadlock detected trace=${shopTraceId}`);
  });

  test('as JSON, by severity', async () => {
    const { logs } = await runJson(
      ['logs', 'service:shop', '--level', 'critical', '--limit', '5'],
      logsResponse,
    ).catch(() => ({ logs: [] }));
    expect(logs).toEqual([]);
    const errors = await runJson(['logs', 'service:shop', '--level', 'error'], logsResponse);
    expect(errors.logs.map(({ body }) => body)).toEqual(['deadlock detected']);
  });

  test('with the lines around each', async () => {
    const { stdout } = await run(['logs', 'service:shop', '--level', 'error', '-C', '1']);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((text) => `${text[0]}${/shop (.*?)( trace=|$)/.exec(text)?.[1]}`),
    ).toEqual([' reading the basket', '▶deadlock detected', ' GET /basket 500']);
    const { contexts } = await runJson(
      ['logs', 'service:shop', '--level', 'error', '-C', '1'],
      z.object({ contexts: z.array(logContextResponse) }),
    );
    expect(contexts[0]?.index).toBe(1);
  });

  test('average time per function', async () => {
    const { functions } = await runJson(
      ['logs', 'service:shop', '--stats', 'functions'],
      z.object({ functions: z.array(z.looseObject({})) }),
    );
    expect(functions).toEqual([
      { function: 'handle', service: 'shop', count: 1, averageMs: 1000.5, p95Ms: 1000.5, maxMs: 1000.5 },
      { function: 'readBasket', service: 'shop', count: 1, averageMs: 500, p95Ms: 500, maxMs: 500 },
    ]);
  });

  test('cache hit rate', async () => {
    const { stdout } = await run(['logs', '--service', 'shop', '--stats', 'cache']);
    expect(stdout).toMatch(/basket +shop +0 +1 +0\.0 %/);
  });

  test('what is cut says so, as text and as JSON', async () => {
    const list = await run(['logs', 'service:shop', '--limit', '1']);
    expect(list.stderr).toContain('The newest line; more with --limit.');
    const spans = await run(['spans', 'service:shop', '--limit', '1']);
    expect(spans.stderr).toContain('The first 1; more with --limit.');
    expect((await run(['spans', 'service:shop'])).stderr).toBe('');
    const around = await run(['logs', 'service:shop', '-C', '1', '--limit', '1']);
    expect(around.stderr).toContain('Around the newest 1 matches; more with --limit.');
    const said = 'The newest line was read, there are more.';
    const statistics = await run(['logs', 'service:shop', '--stats', 'functions', '--limit', '1', '--json']);
    expect(statistics.stderr).toContain(`Cut short: ${said}`);
    expect(JSON.parse(statistics.stdout)).toMatchObject({ logCount: 1, limitsMet: [{ message: said }] });
    const metrics = await run(['metrics', '--limit', '1']);
    expect(metrics.stderr).toContain('Cut short: The first 1 metrics by name are shown, there are more.');
  });

  test('two ways at once are refused', async () => {
    expect((await run(['logs', '--stats', 'cache', '--follow'])).code).toBe(2);
  });
});

describe('live', () => {
  const sendLine = async (body: string): Promise<void> => {
    const record = {
      timeUnixNano: `${BigInt(Date.now()) * 1_000_000n}`,
      severityNumber: 9,
      body: { stringValue: body },
    };
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'live' } }] };
    const { code } = await run(['import', '-'], {
      input: JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] }),
    });
    expect(code).toBe(0);
  };

  test('tail prints what arrives, and Ctrl-C ends it', async () => {
    const tail = startSightline(['tail', '--service', 'live', '--json'], { url: server.url });
    await sendUntilPrinted(tail, 'over the wire');
    tail.interrupt();
    const { code, stdout } = await tail.ended;
    expect(code).toBe(130);
    expect(logRecord.parse(JSON.parse(stdout.split('\n')[0] ?? '')).body).toMatch(/^over the wire/);
  }, 60_000);

  test('logs --follow prints the last lines and goes on', async () => {
    const follow = startSightline(['logs', 'service:live OR service:shop', '--follow', '--limit', '100'], {
      url: server.url,
    });
    await follow.printed(/deadlock detected/);
    await sendUntilPrinted(follow, 'and on it goes');
    follow.interrupt();
    const { code, stdout } = await follow.ended;
    expect(code).toBe(130);
    expect(stdout.match(/deadlock detected/g)).toHaveLength(1);
  }, 60_000);

  test('tail shows what arrived while its connection was lost', async () => {
    const line = await openLine(server.url);
    const tail = startSightline(['tail', '--service', 'live'], { url: line.url });
    await sendUntilPrinted(tail, 'before the cut');
    line.cut();
    await sendLine('during the cut');
    line.mend();
    await tail.printed(/during the cut/);
    tail.interrupt();
    const { stdout } = await tail.ended;
    const lines = stdout.match(/(before|during) the cut.*/g) ?? [];
    expect(lines).toEqual([...new Set(lines)]);
    await line.close();
  }, 60_000);

  test('tail with a filter that cannot be read ends at once', async () => {
    expect((await run(['tail', 'severity>loud'])).code).toBe(2);
  });

  /** The stream may open a moment after the first line is sent, so lines are sent until one is printed. */
  async function sendUntilPrinted(running: ReturnType<typeof startSightline>, body: string): Promise<void> {
    let printed = false;
    const seen = running.printed(new RegExp(body)).then(() => (printed = true));
    for (let i = 0; !printed && i < 40; i += 1) await sendLine(`${body} ${i}`);
    await seen;
  }
});

const metricsAreThere = async () =>
  eventually(async () => ((await run(['metrics', '--search', 'shop.'])).code === 0 ? true : undefined));

describe('metrics', () => {
  beforeAll(metricsAreThere);

  test('the list, and one over time', async () => {
    const { metrics } = await runJson(['metrics', '--search', 'shop.'], metricsResponse);
    expect(metrics.map(({ name }) => name).toSorted()).toEqual(['shop.request.duration', 'shop.requests']);
    const query = await runJson(
      ['metrics', 'shop.request.duration', '--aggregation', 'p95'],
      metricQueryResponse,
    );
    expect(query.exemplars[0]?.traceId).toBe(shopTraceId);
    const { stdout } = await run(['metrics', 'shop.requests', '--aggregation', 'increase']);
    expect(stdout).toContain('shop.requests  increase, {request}');
  });

  test('a metric that nobody sent', async () => {
    expect((await run(['metrics', 'no.such.metric'])).code).toBe(4);
  });
});

describe('query', () => {
  const statement = "SELECT name, count() AS n FROM spans WHERE service = 'shop' GROUP BY name ORDER BY name";

  test('as a table, JSON and CSV, from a word and from standard input', async () => {
    expect((await run(['query', statement])).stdout).toMatch(
      /^name +n\nGET \/basket +1\nSELECT basket +1\n$/,
    );
    const { rows } = await runJson(['query', statement], sqlResponse);
    expect(rows.map(([name]) => name)).toEqual(['GET /basket', 'SELECT basket']);
    const csv = await run(['query', '--csv', '--file', '-'], { input: "SELECT 'a\"b,c' AS x, NULL AS y" });
    expect(csv.stdout).toBe('x,y\r\n"a""b,c",\r\n');
  });

  test('what the server refuses', async () => {
    expect(await run(['query', 'DROP TABLE spans'])).toMatchObject({ code: 2, stdout: '' });
    expect((await run(['query'])).code).toBe(2);
  });

  test('a reader that goes away ends it quietly', async () => {
    const { stdout, stderr } = await shell(
      `"$NODE" "$BIN" query 'SELECT number FROM numbers(100000)' --max-rows 100000 | head -2; echo "code \${PIPESTATUS[0]}"`,
    );
    expect(stdout).toMatch(/^number\n +0\ncode 0\n$/);
    expect(stderr).toBe('');
  });
});

describe('export and import', () => {
  test('what was sent comes out again, value for value', async () => {
    const { stdout, stderr, code } = await run(['export', 'traces', 'service:shop']);
    expect(code).toBe(0);
    expect(stderr).toContain('2 spans written');
    const exported = JSON.parse(stdout) as {
      resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[];
    };
    const sent = (telemetry.traces as typeof exported).resourceSpans[0]?.scopeSpans[0]?.spans;
    const got = exported.resourceSpans[0]?.scopeSpans[0]?.spans;
    expect(got).toHaveLength(2);
    for (const [index, wanted] of (sent ?? []).entries()) {
      const { attributes, ...rest } = wanted as { attributes?: { key: string }[] };
      expect(got?.[index]).toMatchObject(
        'events' in rest ? { ...rest, events: [expect.objectContaining({ name: 'cache.miss' })] } : rest,
      );
      const byKey = (list: unknown) =>
        (list as { key: string }[]).toSorted((a, b) => (a.key < b.key ? -1 : 1));
      expect(byKey(got?.[index]?.attributes)).toEqual(byKey(attributes ?? []));
    }
  });

  test('metrics keep integers, exemplars and buckets', async () => {
    await metricsAreThere();
    const { stdout } = await run(['export', 'metrics']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(
        (text) =>
          JSON.parse(text) as {
            resourceMetrics: { scopeMetrics: { metrics: Record<string, unknown>[] }[] }[];
          },
      );
    const metrics = lines.flatMap(({ resourceMetrics }) =>
      resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics)),
    );
    const sums = metrics.filter(({ name }) => name === 'shop.requests');
    expect(sums).toHaveLength(2);
    expect(sums[1]).toMatchObject({
      unit: '{request}',
      sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ asInt: '7' }] },
    });
    expect(metrics.find(({ name }) => name === 'shop.request.duration')).toMatchObject({
      histogram: {
        dataPoints: [
          {
            count: '3',
            sum: 1.75,
            explicitBounds: [0.5],
            bucketCounts: ['2', '1'],
            exemplars: [{ asDouble: 1, traceId: shopTraceId }],
          },
        ],
      },
    });
  });

  test('logs as compressed protobuf go into another server', async () => {
    const file = path.join(directory, 'logs.pb.gz');
    const written = await run(['export', 'logs', 'service:shop', '--format', 'protobuf', '--output', file]);
    expect(written).toMatchObject({ code: 0, stdout: '' });
    expect(gunzipSync(await readFile(file)).byteLength).toBeGreaterThan(300);
    const other = await startLiveServer(['--canary-interval', 'off']);
    try {
      expect((await sightline(['import', file], { url: other.url })).stdout).toMatch(/4 log records/);
      const found = await eventually(async () => {
        const { code, stdout } = await sightline(['logs', '--json', '--from', '-1h'], { url: other.url });
        return code === 0 ? logsResponse.parse(JSON.parse(stdout)) : undefined;
      });
      const before = await runJson(['logs', 'service:shop'], logsResponse);
      const visible = ({ id: _id, ...rest }: (typeof found.logs)[number]) => rest;
      expect(found.logs.map(visible)).toEqual(before.logs.map(visible));
    } finally {
      await other.stop();
    }
  }, 90_000);

  test('bad words, files and destinations', async () => {
    expect((await run(['export', 'spans'])).stderr).toContain('traces, logs or metrics');
    expect((await run(['export', 'traces', '-o', '/no/such/place'])).code).toBe(2);
    expect((await run(['import', '/no/such/file'])).stderr).toContain('Cannot import "/no/such/file"');
    const broken = path.join(directory, 'broken.jsonl');
    await writeFile(broken, 'hello\n');
    const { code, stderr } = await run(['import', broken]);
    expect(code).toBe(1);
    expect(stderr).toContain('broken.jsonl, line 1: not JSON');
  });

  test('spans that the server refuses are counted, with its reason', async () => {
    const old = {
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      name: 'old',
      startTimeUnixNano: '1',
      endTimeUnixNano: '2',
    };
    const { code, stdout, stderr } = await run(['import', '-'], {
      input: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [old] }] }] }),
    });
    expect(code).toBe(1);
    expect(stdout).toContain('0 spans');
    expect(stderr).toContain('1 refused by the server');
  });
});

test('doctor finds everything in order', async () => {
  const { checks } = await runJson(
    ['doctor'],
    z.object({ ok: z.literal(true), checks: z.array(z.object({ name: z.string(), status: z.string() })) }),
  );
  const byName = Object.fromEntries(checks.map(({ name, status }) => [name, status]));
  expect(byName).toMatchObject({
    node: 'ok',
    server: 'ok',
    clock: 'ok',
    'span round trip': 'ok',
    'log round trip': 'ok',
  });
  const { stdout } = await run(['doctor']);
  expect(stdout).toMatch(/✓ span round trip +Acknowledged in .* visible .* later\./);
  expect(stdout).toContain('All is well.');
}, 30_000);

describe('demo', () => {
  test('one round arrives whole: seven services, one trace across them, logs and exemplars', async () => {
    const sent = await runJson(
      ['demo', '--once', '--seed', '7'],
      z.object({ spans: z.number(), logs: z.number(), failed: z.literal(0) }),
    );
    expect(sent.spans).toBeGreaterThan(200);
    const services = await eventually(async () => {
      const { rows } = await runJson(
        [
          'query',
          "SELECT service, count() FROM spans WHERE resource_attributes['service.namespace'] = 'larkfield' GROUP BY service",
        ],
        sqlResponse,
      );
      return rows.reduce((sum, [, count]) => sum + Number(count), 0) === sent.spans
        ? rows.map(([name]) => name)
        : undefined;
    });
    expect(services.map(String).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'agent-orchestrator',
      'billing-worker',
      'llm-gateway',
      'mcp-tools',
      'rag-retriever',
      'vector-db',
      'web-api',
    ]);
    const { traces } = await runJson(['traces', 'name:"POST /v1/research"'], tracesResponse);
    expect(traces[0]?.services).toContain('vector-db');
    const trace = await runJson(
      ['trace', traces[0]?.traceId ?? '', '--logs'],
      traceResponse.extend({ logs: z.array(logRecord) }),
    );
    expect(trace.spans.filter(({ parentSpanId }) => parentSpanId === null)).toHaveLength(1);
    const ids = new Set(trace.spans.map(({ spanId }) => spanId));
    expect(trace.spans.every(({ parentSpanId }) => parentSpanId === null || ids.has(parentSpanId))).toBe(
      true,
    );
    expect(new Set(trace.spans.map(({ correlationId }) => correlationId)).size).toBe(1);
    expect(trace.logs.length).toBeGreaterThan(5);
    expect(
      trace.spans.some(
        ({ operation, inputTokens, costUsd }) =>
          operation === 'llm' && inputTokens !== null && costUsd !== null,
      ),
    ).toBe(true);
    const { exemplars } = await runJson(['metrics', 'gen_ai.client.operation.duration'], metricQueryResponse);
    expect(exemplars.length).toBeGreaterThan(0);
    const { slos } = await runJson(['slos', 'list'], slosResponse);
    expect(slos.map(({ name }) => name).toSorted()).toEqual(demoSlos.map(({ name }) => name).toSorted());
    expect((await run(['experiments', 'list'])).stdout.match(/\(demo\)/g)).toHaveLength(2);
  }, 90_000);

  test('Ctrl-C ends the live part with everything sent', async () => {
    const demo = startSightline(['demo', '--history', '1m', '--rate', '5'], { url: server.url });
    await demo.printed(/Open http/);
    demo.interrupt();
    const { code, stdout } = await demo.ended;
    expect(code).toBe(130);
    expect(stdout).toMatch(/Sent .* spans and .* log lines\./);
  }, 60_000);

  test('its SLOs, prompts and experiments go with its data', async () => {
    const demo = `${server.url}/api/v1/demo`;
    expect((await fetch(demo, { method: 'DELETE' })).status).toBe(200);
    await vi.waitFor(
      async () => expect(demoState.parse(await (await fetch(demo)).json())).toMatchObject({ state: 'none' }),
      { timeout: 90_000, interval: 250 },
    );
    expect((await run(['slos', 'list'])).stdout).not.toContain('(demo)');
    expect((await run(['experiments', 'list'])).stdout).not.toContain('(demo)');
    expect((await run(['prompts', 'list'])).stdout).not.toContain('support-agent/answer');
  }, 120_000);
});

async function shell(script: string) {
  const { spawn } = await import('node:child_process');
  const bin = new URL('../../bin/sightline.mjs', import.meta.url).pathname;
  const child = spawn('bash', ['-c', script], {
    env: { ...process.env, NODE_OPTIONS: '', NODE: process.execPath, BIN: bin, SIGHTLINE_URL: server.url },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  return { stdout, stderr };
}

/** A connection to the server that can be cut and mended. */
async function openLine(url: string) {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let isCut = false;
  const line = createServer((socket) => {
    if (isCut) {
      socket.destroy();
      return;
    }
    const onward = connect(Number(port), hostname);
    for (const each of [socket, onward]) {
      sockets.add(each);
      each.on('error', () => {});
      each.on('close', () => sockets.delete(each));
    }
    socket.pipe(onward).pipe(socket);
  });
  line.listen(0, '127.0.0.1');
  await once(line, 'listening');
  const cut = (): void => {
    isCut = true;
    for (const each of sockets) each.destroy();
  };
  return {
    url: `http://127.0.0.1:${(line.address() as AddressInfo).port}`,
    cut,
    mend: () => (isCut = false),
    close: async () => {
      cut();
      line.close();
      await once(line, 'close');
    },
  };
}
