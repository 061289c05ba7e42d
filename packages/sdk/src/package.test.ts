/** The package as it is published: types, formats, size, and every example of the repository run offline against it. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { sdkVersion } from './core/version.ts';
import { ensureBuilt, packageRoot } from './test/built-package.ts';
import { temporaryFolder } from './test/temporary-folder.ts';
import { programEnv } from './test/program-env.ts';

const run = promisify(execFile);
const root = join(packageRoot, '../..');
const bin = (name: string) => join(root, 'node_modules/.bin', name);

beforeAll(ensureBuilt, 60_000);

interface ExportedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly service: string;
  readonly attributes: Record<string, unknown>;
}

/** Runs an example with a file exporter and reads its spans back. */
async function runExample(
  name: string,
): Promise<{ stdout: string; spans: ExportedSpan[]; logs: number; metrics: string[] }> {
  const file = join(temporaryFolder(), 'telemetry.jsonl');
  const none = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
  const { stdout } = await run(process.execPath, [join(root, 'examples', name)], {
    env: { ...programEnv, SIGHTLINE_FILE: file, ...none },
    timeout: 30_000,
  });
  const spans: ExportedSpan[] = [];
  const metrics: string[] = [];
  let logs = 0;
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const request = JSON.parse(line) as Otlp;
    for (const { resource, scopeSpans } of request.resourceSpans ?? []) {
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        spans.push({
          ...span,
          attributes: plain(span.attributes),
          service: String(plain(resource.attributes)['service.name']),
        });
      }
    }
    for (const { scopeLogs } of request.resourceLogs ?? [])
      logs += scopeLogs.flatMap((scope) => scope.logRecords).length;
    for (const { scopeMetrics } of request.resourceMetrics ?? [])
      metrics.push(...scopeMetrics.flatMap((scope) => scope.metrics).map((metric) => metric.name));
  }
  return { stdout, spans, logs, metrics };
}

interface KeyValue {
  readonly key: string;
  readonly value: Record<string, unknown>;
}
interface Otlp {
  readonly resourceSpans?: {
    resource: { attributes: KeyValue[] };
    scopeSpans: { spans: (Omit<ExportedSpan, 'attributes' | 'service'> & { attributes: KeyValue[] })[] }[];
  }[];
  readonly resourceLogs?: { scopeLogs: { logRecords: object[] }[] }[];
  readonly resourceMetrics?: { scopeMetrics: { metrics: { name: string }[] }[] }[];
}

function plain(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

/** One trace, every parent present. */
function expectWholeTrace(spans: readonly ExportedSpan[]): void {
  expect(new Set(spans.map((span) => span.traceId)).size).toBe(1);
  const ids = new Set(spans.map((span) => span.spanId));
  expect(spans.filter((span) => span.parentSpanId === undefined || span.parentSpanId === '')).toHaveLength(1);
  for (const span of spans)
    if (span.parentSpanId !== undefined && span.parentSpanId !== '') expect(ids).toContain(span.parentSpanId);
}

describe('the published package', () => {
  it('has the version it says, and stays within its size budget', () => {
    const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(sdkVersion).toBe(manifest.version);
    const code = readdirSync(join(packageRoot, 'dist')).filter((name) => name.endsWith('.js'));
    const bytes = code.reduce(
      (sum, name) => sum + gzipSync(readFileSync(join(packageRoot, 'dist', name))).byteLength,
      0,
    );
    // OpenTelemetry is inside: 120 kB of it.
    expect(bytes).toBeLessThan(240_000);
  });

  it('is clean for publint and for every way TypeScript resolves it', async () => {
    await run(bin('publint'), ['--strict'], { cwd: packageRoot });
    await run(bin('attw'), ['--pack', '.', '--profile', 'node16'], { cwd: packageRoot });
  }, 60_000);

  it('names no import from Node that an older one lacks: it would fail to load where it is to run as without the SDK', () => {
    const newer = [
      'zstdDecompressSync',
      'zstdCompressSync',
      'registerHooks',
      'enableCompileCache',
      'styleText',
    ];
    const code = readdirSync(join(packageRoot, 'dist')).filter((name) => name.endsWith('.js'));
    const imported = code
      .map((name) => readFileSync(join(packageRoot, 'dist', name), 'utf8'))
      .flatMap((text) => [...text.matchAll(/^import (.*) from "node:/gm)])
      .flatMap(([, names = '']) => names.split(/[^\w$]+/));
    expect(imported).toContain('randomUUID');
    expect(imported.filter((name) => newer.includes(name))).toEqual([]);
  });

  it('shares one pipeline between its ES module and its CommonJS build', async () => {
    const program = `
      const cjs = require('@sightline/sdk');
      import('@sightline/sdk').then((esm) => {
        const memory = esm.memoryExporter();
        esm.init({ exporters: [memory], logHandlers: [], processMetrics: false });
        cjs.withSpan('outer', {}, () => esm.withSpan('inner', {}, () => undefined));
        console.log(memory.spans.map((span) => span.name).join(), memory.spans[0].parentSpanContext.spanId === memory.spans[1].spanContext().spanId);
      });`;
    const { stdout } = await run(process.execPath, ['-e', program], { cwd: root });
    expect(stdout.trim()).toBe('inner,outer true');
  });
});

describe('the examples, offline', () => {
  it('agent with tools', async () => {
    const { stdout, spans, logs, metrics } = await runExample('agent-with-tools.ts');
    expect(stdout).toContain('27 °F');
    const own = spans.filter((span) => !/^(GET|POST)/.test(span.name));
    expectWholeTrace(spans);
    expect(own.map((span) => span.name).filter((name) => name.startsWith('execute_tool'))).toEqual([
      'execute_tool weather',
      'execute_tool convert',
    ]);
    expect(own.filter((span) => span.name === 'chat gpt-4o-mini')).toHaveLength(3);
    const workflow = own.find((span) => span.name === 'invoke_workflow weather-question');
    expect(workflow?.attributes['sightline.total.cost_usd']).toBeGreaterThan(0);
    expect(logs).toBeGreaterThan(8);
    for (const name of ['workflow.duration', 'llm.tokens', 'gen_ai.client.token.usage'])
      expect(metrics).toContain(name);
  });

  it('RAG pipeline', async () => {
    const { stdout, spans } = await runExample('rag-pipeline.ts');
    expect(stdout).toContain('8 stages');
    expectWholeTrace(spans);
    const retrieval = spans.find((span) => span.name === 'retrieval handbook-index');
    const documents = JSON.parse(String(retrieval?.attributes['gen_ai.retrieval.documents'])) as {
      id: string;
      score: number;
    }[];
    expect(documents[0]?.id).toMatch(/^h-/);
    expect(documents[0]?.score).toBeGreaterThan(0);
  });

  it('MCP server and client, one trace over two processes', async () => {
    const { stdout, spans } = await runExample('mcp-client.ts');
    expect(stdout).toContain('Middlemarch');
    const tool = spans.filter((span) => span.name === 'tools/call find_books');
    expect(new Set(tool.map((span) => span.service))).toEqual(
      new Set(['library-agent', 'library-mcp-server']),
    );
    expect(new Set(tool.map((span) => span.traceId)).size).toBe(1);
    expect(spans.find((span) => span.name === 'search shelf')?.traceId).toBe(tool[0]?.traceId);
  });

  it('SSE streaming service', async () => {
    const { stdout, spans } = await runExample('sse-service.ts');
    expect(stdout).toContain('so do their spans');
    expectWholeTrace(spans);
    const chat = spans.find((span) => span.name === 'chat gpt-4o-mini');
    expect(chat?.attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0);
    expect(
      Number(spans.find((span) => span.name === 'answer')?.attributes['sightline.items']),
    ).toBeGreaterThan(5);
  });

  it('plan and execute with cost', async () => {
    const { stdout, spans, metrics } = await runExample('plan-and-execute.ts');
    expect(stdout).toContain('Sales rose');
    expectWholeTrace(spans);
    const steps = spans.filter((span) => span.name.startsWith('step '));
    const costs = steps.map((span) => Number(span.attributes['sightline.total.cost_usd']));
    const total = Number(
      spans.find((span) => span.name === 'invoke_workflow sales-report')?.attributes[
        'sightline.total.cost_usd'
      ],
    );
    expect(steps).toHaveLength(4);
    expect(costs.reduce((sum, cost) => sum + cost, 0)).toBeCloseTo(total, 12);
    expect(metrics).toContain('reports.written');
  });
});
