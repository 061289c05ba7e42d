/**
 * Every column of ours is what the engine's own Protobuf reader gives: for all that exporters sent, for what is odd or damaged and still let in, and for a public demo system
 * where its recording lies beside the repository.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom, unixNano } from '@sightline/base';
import { jsonToProtobuf } from '@sightline/schema/otlp';
import { loadCases } from '../../../../../../conformance/load.ts';
import { anyTier } from '../../../../../schema/src/conventions/cost/service-tiers.ts';
import { fuzzSeeds } from '../../../../../schema/src/otlp/fuzz.testing.ts';
import { prepareStore } from '../../../testing/prepared-data.ts';
import { flatPrice } from '../../testing/flat-price.ts';
import { attributesOf, dayNanos, recordOfProtobuf, testNow } from '../../testing/segments.ts';
import { openEmbedded } from '../embedded-engine.ts';
import type { ClickHouseEngine } from '../engine.ts';
import { migrate } from '../migrate.ts';
import { writePrices } from '../model-prices.ts';
import { ownRows } from '../own-rows.ts';
import { derivedColumnsOf } from './derived-columns.ts';
import { loadSegment } from './load-segment.ts';
import { stepsOfSpans } from './steps-sql.ts';
import { insertByProtobuf, insertTextsByProtobuf } from './testing/rows-by-protobuf.ts';

const seed = Number(process.env['SIGHTLINE_FUZZ_SEED'] ?? Date.now() % 1_000_000);
const directory = mkdtempSync(join(tmpdir(), 'sightline-columns-'));
let engine: ClickHouseEngine;

beforeAll(async () => {
  await prepareStore(join(directory, 'store'));
  engine = openEmbedded({
    directory: join(directory, 'store'),
    database: 'sightline',
    writers: 1,
    readers: 1,
  });
  await migrate(engine);
});

afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true });
});

type Signal = 'traces' | 'logs';

interface Sent {
  readonly signal: Signal;
  readonly request: Uint8Array;
  readonly now: bigint;
}

const protobufOf = (signal: Signal, json: Uint8Array): Uint8Array[] => {
  const found = jsonToProtobuf(signal, json);
  return found.ok ? [found.value] : [];
};

function conformanceRequests(): readonly Sent[] {
  return loadCases().flatMap(({ signal, contentType, contentEncoding, body, nowUnixNano: now }) => {
    if (signal === 'metrics') return [];
    const bytes = contentEncoding === 'gzip' ? gunzipSync(body) : body;
    const requests = contentType === 'application/json' ? protobufOf(signal, bytes) : [bytes];
    return requests.map((request) => ({ signal, request, now }));
  });
}

const dialects = join(import.meta.dirname, '../../../../../../conformance/dialects');

const dialectRequests = (): readonly Sent[] =>
  readdirSync(dialects).flatMap((dialect) =>
    (['traces', 'logs'] as const).flatMap((signal) => {
      const file = join(dialects, dialect, `${signal}.json`);
      if (!existsSync(file)) return [];
      return protobufOf(signal, readFileSync(file)).map((request) => ({ signal, request, now: testNow }));
    }),
  );

/** What is let in of requests with a few wrong bytes. */
function damagedRequests(whole: readonly Sent[]): readonly Sent[] {
  const random = seededRandom(seed);
  const seeds = (['traces', 'logs'] as const).flatMap((signal) =>
    protobufOf(signal, Buffer.from(JSON.stringify(fuzzSeeds[signal]))).map((request) => ({
      signal,
      request,
      now: testNow,
    })),
  );
  const small = [...seeds, ...seeds, ...seeds, ...whole.filter(({ request }) => request.length < 10_000)];
  return Array.from({ length: 3_000 }, (_, at) => {
    const { signal, request, now } = small[at % small.length] as Sent;
    const damaged = Buffer.from(request);
    // Of wrong bytes alone much is still let in; of cut messages hardly any.
    for (let left = 1 + Math.floor(random() * 3); left > 0; left -= 1)
      damaged[Math.floor(random() * damaged.length)] = Math.floor(random() * 256);
    return { signal, request: damaged, now };
  });
}

/** Those that are let in, as records of a journal. */
function recordsOf(signal: Signal, sent: readonly Sent[]): Buffer {
  const records = sent.flatMap(({ signal: of, request, now }, at) => {
    if (of !== signal) return [];
    try {
      const [received, newest] = [unixNano(now), unixNano(now + 2n * dayNanos)];
      return [recordOfProtobuf(signal, request, { project: `p${at % 3}`, received, newest })];
    } catch {
      return [];
    }
  });
  return Buffer.concat(records);
}

interface Hashed {
  readonly rows: string;
}

/** One hash a column, over all rows in order. */
async function hashesOf(table: string, columns: readonly string[], order: string): Promise<Hashed> {
  const hashes = columns.map(
    (column) => `cityHash64(groupArray(cityHash64(toString(${column})))) AS h_${column}`,
  );
  const [found] = await ownRows<Hashed>(
    engine,
    `SELECT toString(count()) AS rows, ${hashes.join(', ')} FROM (SELECT * FROM ${table} ORDER BY ${order})`,
  );
  return found as Hashed;
}

async function expectEqual(signal: Signal, bytes: Buffer): Promise<number> {
  const [table, order, derived] =
    signal === 'traces'
      ? ([
          'spans',
          'trace_id, span_id, start_time, cityHash64(toString(attributes), toString(long_attributes), name)',
          derivedColumnsOf.span,
        ] as const)
      : (['logs', 'log_id, time, cityHash64(body, toString(attributes))', derivedColumnsOf.log] as const);
  const path = join(directory, 'segment');
  writeFileSync(path, bytes);
  for (const each of [table, 'texts', 'ai_spans']) {
    await engine.command(`TRUNCATE TABLE ${each}`);
    await engine.command(`DROP TABLE IF EXISTS ${each}_twin SYNC`);
    await engine.command(`CREATE TABLE ${each}_twin AS ${each}`);
  }
  const accepted = await loadSegment(engine, {
    signal,
    path,
    byteLength: bytes.length,
    token: `${seed}-${order}-${bytes.length}`,
  });
  await engine.insertBytes(insertByProtobuf(signal, { table: `${table}_twin`, bytes }));
  await engine.insertBytes(insertTextsByProtobuf(signal, { table: 'texts_twin', bytes }));
  if (signal === 'traces') {
    const steps = stepsOfSpans('sightline', 'spans');
    await engine.command(`INSERT INTO ai_spans_twin (${steps.columns.join(', ')}) ${steps.select}`);
  }
  for (const [each, others, sortedBy] of [
    [table, [...derived, 'stored_time'], order],
    ['texts', [], 'project, id, first_time, trace_hash'],
    ['ai_spans', ['stored_time', 'changed_time'], undefined],
  ] as const) {
    const columns = await ownRows<{ name: string }>(
      engine,
      `SELECT name FROM system.columns WHERE database = currentDatabase() AND table = '${each}' AND default_kind != 'ALIAS'`,
    );
    const names = columns
      .map(({ name }) => name)
      .filter((name) => !(others as readonly string[]).includes(name));
    const by = sortedBy ?? `cityHash64(toString(tuple(${names.join(', ')})))`;
    const ours = await hashesOf(each, names, by);
    expect(ours, `seed ${seed}`).toEqual(await hashesOf(`${each}_twin`, names, by));
    if (each === table) expect(Number(ours.rows), `seed ${seed}`).toBe(accepted);
  }
  return accepted;
}

/** The request that sends one span. */
function sentSpan(resource: Parameters<typeof attributesOf>[0], span: object): readonly Sent[] {
  const json = {
    resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans: [{ spans: [span] }] }],
  };
  return protobufOf('traces', Buffer.from(JSON.stringify(json))).map((request) => ({
    signal: 'traces',
    request,
    now: testNow,
  }));
}

/** Steps with what their rows take from elsewhere than the normal fields, said in odd ways. */
function oddSteps(): readonly Sent[] {
  const long = 'x'.repeat(5_000);
  const resources = [
    {},
    { 'service.version': 7, 'deployment.environment': 'old' },
    { 'deployment.environment.name': '', 'deployment.environment': 'old', 'service.name': '' },
    { 'deployment.environment.name': 'new', 'deployment.environment': 'old' },
  ];
  const prompts = [
    {},
    { 'gen_ai.prompt.name': 'answer' },
    { 'langfuse.observation.prompt.name': 'other', 'gen_ai.prompt.name': '' },
    { 'gen_ai.prompt.name': long, 'langfuse.observation.prompt.name': 'short' },
    { 'gen_ai.prompt.name': 3 },
  ];
  const usages = [
    { 'gen_ai.usage.input_tokens': 100, 'gen_ai.usage.output_tokens': 10 },
    {
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.output_tokens': 1,
      'openai.response.service_tier': 'nobody knows',
    },
    { 'gen_ai.usage.cost': 0.25 },
    { 'gen_ai.response.id': 'r-1', 'session.id': 's-1', 'user.id': 'u-1' },
  ];
  return resources.flatMap((resource, first) =>
    prompts.flatMap((prompt, second) =>
      usages.flatMap((usage, third) => {
        const number = 1 + first * 100 + second * 10 + third;
        const start = testNow - BigInt(number) * 1_000_000_000n;
        const span = {
          traceId: 'f'.repeat(24) + number.toString(16).padStart(8, '0'),
          spanId: 'e'.repeat(14) + (number % 97).toString().padStart(2, '0'),
          name: `step ${number % 3}`,
          startTimeUnixNano: String(start),
          // Some end before they start.
          endTimeUnixNano: String(start + BigInt(number % 4) * 1_000n - 1_000n),
          status: { code: number % 3 },
          attributes: attributesOf({
            'gen_ai.operation.name': ['chat', 'execute_tool', 'invoke_agent', 'embeddings'][number % 4] ?? '',
            'gen_ai.provider.name': 'openai',
            'gen_ai.request.model': 'gpt-4o',
            ...prompt,
            ...usage,
          }),
        };
        return sentSpan(resource, span);
      }),
    ),
  );
}

/** Requests to MCP servers that say who answers, and how much, in odd ways. */
function oddMcpRequests(): readonly Sent[] {
  const long = 'y'.repeat(5_000);
  const servers = [
    {},
    { 'mcp.server.name': '', 'mcp.server': 'files' },
    { 'mcp_server.name': 'late', 'server.name': long, 'server.address': 'not asked' },
    { 'server.address': '10.0.0.7', 'server.port': 8080 },
    { 'server.address': 'files.test', 'server.port': '' },
    { 'server.port': 9 },
    { 'mcp.server.name': 7, 'network.transport': 'pipe', 'mcp.transport': 'other', 'mcp.session.id': long },
  ];
  const methods = [
    { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'read' },
    { 'mcp.method.name': '', 'mcp.protocol.version': '2025-06-18', 'gen_ai.tool.name': 'read' },
    { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'read', 'mcp.method.name': 'tools/call' },
    { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'read' },
    { 'mcp.method.name': 'resources/read' },
  ];
  const sizes = [
    {},
    { 'mcp.request.size': 12, 'mcp.response.size': '34' },
    { 'mcp.request.size': '-1', 'mcp.response.size': '1e3', 'output.value': 'taken from the size' },
    { 'gen_ai.tool.call.arguments': '', 'input.value': '{"a":"é"}', 'mcp.response.value': long },
    { 'gen_ai.tool.call.result': `${long}\u0001 no mark \u0002`, 'traceloop.entity.output': 'second' },
    { 'gen_ai.tool.call.arguments': `\u00011:${'9'.repeat(100)}\u0002`, 'input.value': 'second' },
    {
      'mcp.request.argument': `\u00011:9999999999\u0002`,
      'gen_ai.tool.call.result': `\u00011:${'9'.repeat(400)}\u0002`,
    },
    { 'gen_ai.tool.call.arguments': 5, 'gen_ai.tool.call.result': 1.5 },
  ];
  return servers.flatMap((server, first) =>
    methods.flatMap((method, second) =>
      sizes.flatMap((size, third) => {
        const number = 5_000 + first * 100 + second * 10 + third;
        const start = testNow - BigInt(number) * 1_000_000_000n;
        const span = {
          traceId: 'd'.repeat(24) + number.toString(16).padStart(8, '0'),
          spanId: 'c'.repeat(12) + number.toString(16).padStart(4, '0'),
          name: `tools/call ${number % 3}`,
          kind: number % 4,
          startTimeUnixNano: String(start),
          endTimeUnixNano: String(start + 1_000n),
          attributes: attributesOf({ ...server, ...method, ...size }),
        };
        return sentSpan({ 'service.name': 'host' }, span);
      }),
    ),
  );
}

test('every column is what the Protobuf reader of the engine gives', { timeout: 180_000 }, async () => {
  // A price of one's own holds for every tier.
  const flat = flatPrice('openai', 'gpt-4o');
  const prices = flat.prices.map((owned) => ({ ...owned, tierFactors: { [anyTier]: 1 } }));
  await writePrices(engine, [{ ...flat, prices }]);
  const whole = [...conformanceRequests(), ...dialectRequests(), ...oddSteps(), ...oddMcpRequests()];
  const sent = [...whole, ...damagedRequests(whole)];
  expect(await expectEqual('traces', recordsOf('traces', sent))).toBeGreaterThan(500);
  const priced = await ownRows<{ steps: string }>(
    engine,
    "SELECT count() AS steps FROM ai_spans WHERE price_version = 'test' AND prompt_name = 'answer' AND environment = 'new'",
  );
  expect(Number(priced[0]?.steps), `seed ${seed}`).toBeGreaterThan(0);
  const asked = await ownRows<{ server: string }>(
    engine,
    "SELECT DISTINCT mcp_server AS server FROM ai_spans WHERE mcp_method != '' AND response_bytes > 0 ORDER BY server",
  );
  expect(
    asked.map(({ server }) => server),
    `seed ${seed}`,
  ).toEqual(expect.arrayContaining(['10.0.0.7:8080', '7', 'files', 'files.test', 'host']));
  const tiers = await ownRows<{ steps: string; priced: string }>(
    engine,
    // Some of the damaged ones say another model, or half of the usage.
    `SELECT count() AS steps, countIf(cost_usd > 0) AS priced FROM ai_spans WHERE service_tier = 'nobody knows'
      AND provider = 'openai' AND model = 'gpt-4o' AND input_tokens = 100 AND output_tokens = 1`,
  );
  expect(Number(tiers[0]?.steps), `seed ${seed}`).toBeGreaterThan(0);
  expect(tiers[0]?.priced, `seed ${seed}`).toBe(tiers[0]?.steps);
  expect(await expectEqual('logs', recordsOf('logs', sent))).toBeGreaterThan(200);
});

const recording = join(import.meta.dirname, '../../../../../../../shared/recorded/otlp/astronomy-traces.zst');

test.skipIf(!existsSync(recording))(
  'the same for the recording of a demo system that lies beside the repository',
  { timeout: 180_000 },
  async () => {
    const bytes = zstdDecompressSync(readFileSync(recording));
    const sent: Sent[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = at + 4 + bytes.readUInt32BE(at);
      sent.push({ signal: 'traces', request: bytes.subarray(at + 4, end), now: testNow });
      at = end;
    }
    // A part takes a part of the time.
    const some = sent.filter((_, at) => at % 8 === 0);
    expect(await expectEqual('traces', recordsOf('traces', some))).toBeGreaterThan(5_000);
  },
);

test('bytes that the walk itself fails over are refused, so that a segment is halved until its culprit is alone', async () => {
  const path = join(directory, 'segment');
  writeFileSync(path, 'x');
  const segment = { signal: 'traces' as const, path, byteLength: 1, token: `${seed}-fails` };
  const fails = async (): Promise<never> => Promise.reject(new RangeError('no such number'));
  await expect(loadSegment(engine, segment, fails)).rejects.toMatchObject({
    name: 'StoreError',
    kind: 'refused',
    message: expect.stringContaining('no such number'),
  });
});
