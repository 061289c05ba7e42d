/** What deploy/ holds is read, fits together, and every query of its dashboards and of docs/prometheus.md finds something in the demo. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { type LiveServer, startLiveServer } from './testing/live-server.ts';
import { sightline } from './testing/run-sightline.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const deploy = path.join(root, 'deploy');
const read = (file: string): string => readFileSync(path.join(deploy, file), 'utf8');

const source = z.object({ type: z.literal('prometheus'), uid: z.string() });
const dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  schemaVersion: z.number().int(),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), datasource: source, definition: z.string() })),
  }),
  panels: z
    .array(
      z.object({
        id: z.number().int(),
        type: z.enum(['timeseries', 'table']),
        title: z.string(),
        gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
        datasource: source,
        targets: z.array(z.object({ refId: z.string(), datasource: source, expr: z.string() })).min(1),
      }),
    )
    .min(1),
});
type Dashboard = z.infer<typeof dashboard>;

const dashboards: readonly Dashboard[] = readdirSync(path.join(deploy, 'grafana/dashboards')).map((file) =>
  dashboard.parse(JSON.parse(read(`grafana/dashboards/${file}`))),
);
const queriesOf = (uid: string): readonly [string, string][] =>
  dashboards.flatMap((board) =>
    board.panels.flatMap((panel) =>
      panel.targets
        .filter((target) => target.datasource.uid === uid)
        .map((target): [string, string] => [`${board.title} / ${panel.title}`, target.expr]),
    ),
  );
/** As Grafana replaces them, with *All* chosen. */
const withoutVariables = (expr: string): string =>
  expr
    .replaceAll('$__rate_interval', '4m')
    .replaceAll('$__range', '4m')
    .replaceAll(/\$(agent|provider|service)\b/g, '.*');
/** The PromQL of docs/prometheus.md: a query a paragraph. */
const documented = [
  ...readFileSync(path.join(root, 'docs/prometheus.md'), 'utf8').matchAll(/^```promql\n(.*?)^```/gms),
].flatMap(([, block = '']) => block.trim().split('\n\n'));

const answer = z.object({
  status: z.string(),
  error: z.string().optional(),
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }).optional(),
});

let server: LiveServer;
async function ask(query: string): Promise<{ status: number; error: string | undefined; count: number }> {
  const response = await fetch(`${server.url}/prometheus/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query }),
  });
  const { error, data } = answer.parse(await response.json());
  const numbers = data?.result.filter(({ value }) => value[1] !== 'NaN') ?? [];
  return { status: response.status, error, count: numbers.length };
}

beforeAll(async () => {
  server = await startLiveServer();
  const filled = await sightline(
    ['demo', '--history', '4m', '--rate', '2', '--duration', '0s', '--seed', '7'],
    { url: server.url },
  );
  expect(filled.code, filled.stderr).toBe(0);
  // Some families are there once something is refused.
  const refused = await fetch(`${server.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '', spanId: '', name: 'no ids' }] }] }],
    }),
  });
  expect(await refused.text()).toContain('rejectedSpans');
});
afterAll(async () => server?.stop());

describe('dashboards', () => {
  test('have panels and sources that are there, each once', () => {
    const sources = parse(read('grafana/provisioning/datasources/sightline.yaml')) as {
      datasources: { uid: string; url: string }[];
    };
    const uids = sources.datasources.map(({ uid }) => uid);
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
    for (const { panels, templating } of dashboards) {
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      for (const { datasource } of [
        ...panels,
        ...panels.flatMap(({ targets }) => targets),
        ...templating.list,
      ])
        expect(uids).toContain(datasource.uid);
    }
    expect(
      dashboards.find(({ uid }) => uid === 'sightline-overview')?.panels.map(({ title }) => title),
    ).toEqual(['Workflow duration, p95', 'Workflow cost by agent', 'LLM latency, p95', 'Error rate']);
  });

  test.each(queriesOf('sightline'))('%s finds something in the demo', async (_panel, expr) => {
    const { status, error, count } = await ask(withoutVariables(expr));
    expect([status, error]).toEqual([200, undefined]);
    expect(count).toBeGreaterThan(0);
  });

  test('fill their variables', async () => {
    const variables = dashboards.flatMap(({ templating }) => templating.list);
    expect(variables.length).toBeGreaterThan(0);
    for (const { definition } of variables) {
      const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(definition) ?? [];
      const response = await fetch(
        `${server.url}/prometheus/api/v1/label/${label}/values?${new URLSearchParams({ 'match[]': metric }).toString()}`,
      );
      const { data } = z.object({ data: z.array(z.string()) }).parse(await response.json());
      expect([definition, data.length > 0]).toEqual([definition, true]);
    }
  });

  test('of the server ask for what /metrics says', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const queries = queriesOf('prometheus');
    expect(queries.length).toBeGreaterThan(5);
    for (const [panel, expr] of queries) {
      expect([panel, (await ask(withoutVariables(expr))).error]).toEqual([panel, undefined]);
      for (const [name] of expr.matchAll(/\b(?:sightline|process|nodejs)_\w+/g))
        expect([name, text.includes(`# TYPE ${name.replace(/_bucket$/, '')} `)]).toEqual([name, true]);
    }
  });
});

describe('docs/prometheus.md', () => {
  test('asks only what finds something in the demo', async () => {
    expect(documented.length).toBeGreaterThan(3);
    for (const query of documented) {
      const { error, count } = await ask(query);
      expect([query, error, count > 0]).toEqual([query, undefined, true]);
    }
  });
});

describe('docker compose', () => {
  const compose = parse(read('compose.yaml')) as {
    services: Record<
      string,
      { volumes?: string[]; environment?: Record<string, string>; secrets?: string[]; image?: string }
    >;
    secrets: Record<string, unknown>;
    volumes: Record<string, unknown>;
  };

  test('mounts what is there', () => {
    for (const { volumes = [], secrets = [] } of Object.values(compose.services)) {
      for (const volume of volumes) {
        const [from = ''] = volume.split(':');
        expect([
          from,
          from.startsWith('.') ? existsSync(path.join(deploy, from)) : from in compose.volumes,
        ]).toEqual([from, true]);
      }
      for (const secret of secrets) expect(Object.keys(compose.secrets)).toContain(secret);
    }
    expect(existsSync(path.join(deploy, 'Dockerfile'))).toBe(true);
  });

  test('leads Prometheus and Grafana to services that answer to that name', () => {
    const scraped = parse(read('prometheus/prometheus.yml')) as {
      scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
    };
    const sources = parse(read('grafana/provisioning/datasources/sightline.yaml')) as {
      datasources: { url: string }[];
    };
    const hosts = [
      ...scraped.scrape_configs.flatMap(({ static_configs }) =>
        static_configs.flatMap(({ targets }) => targets.map((target) => target.split(':')[0] ?? '')),
      ),
      ...sources.datasources.map(({ url }) => new URL(url).hostname),
    ];
    expect(hosts).toContain('sightline');
    for (const host of hosts)
      expect([...Object.keys(compose.services), 'host.docker.internal']).toContain(host);
    expect(compose.services['sightline']?.environment?.['SIGHTLINE_ALLOWED_HOST']).toBe('sightline');
  });
});

const promtool = path.join(process.env['SIGHTLINE_PROMETHEUS_BIN'] || '/usr/bin', 'promtool');
describe.skipIf(!existsSync(promtool))('promtool', () => {
  const run = (words: readonly string[], input = ''): { status: number | null; output: string } => {
    const { status, stdout, stderr } = spawnSync(promtool, words, { encoding: 'utf8', input });
    return { status, output: stdout + stderr };
  };

  test('takes the scrape config', () => {
    const file = path.join(deploy, 'prometheus/prometheus.yml');
    const { status, output } = run(['check', 'config', '--syntax-only', file]);
    expect([status, output]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });

  test('reads what /metrics says', async () => {
    const { output } = run(['check', 'metrics'], await (await fetch(`${server.url}/metrics`)).text());
    expect(output).not.toContain('error while linting');
  });

  test('asks Sightline', () => {
    const url = `${server.url}/prometheus`;
    const asked = run(['query', 'instant', url, 'sum(workflow_duration_seconds_count)']);
    expect([asked.status, asked.output]).toEqual([0, expect.stringMatching(/^\{\} => [1-9]/)]);
    const labels = run(['query', 'labels', url, 'gen_ai_agent_name']);
    expect([labels.status, labels.output.trim().split('\n').length > 1]).toEqual([0, true]);
  });
});
