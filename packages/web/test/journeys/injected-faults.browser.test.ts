import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allStored } from '../recordings.ts';
import { findChromium, openStage, type Stage } from '../stage.ts';
import { post } from '../story.ts';

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });

/** What one request is like; a fault changes it. */
interface Request {
  readonly version: string;
  readonly model: string;
  readonly prompt: string;
  readonly tenant: string;
  cacheHit: string;
  searchMs: number;
  modelMs: number;
  error: string;
}

interface Fault {
  readonly service: string;
  readonly inject: (request: Request) => void;
  readonly ask: string;
  /** Within the first three rows of what differs, or of where the time differs. */
  readonly cause: string;
}

const slow = 'a=trace.duration>=2s';
const versions = 'a=resource.service.version:2&b=resource.service.version:1';
const faults: readonly Fault[] = [
  {
    service: 'slow-tool',
    inject: (r) => void (r.searchMs += r.version === '2' ? 400 : 0),
    ask: versions,
    cause: 'search',
  },
  {
    service: 'slow-prompt',
    inject: (r) => void (r.modelMs += r.prompt === 'p3' ? 2500 : 0),
    ask: slow,
    cause: 'prompt.version',
  },
  {
    service: 'rate-limit',
    inject: (r) => void (r.error = r.model === 'claude-sonnet-4-5' ? '429 rate limit' : ''),
    ask: 'a=status:error',
    cause: 'model',
  },
  {
    service: 'cache-off',
    inject: (r) => void (r.cacheHit = r.version === '2' ? 'false' : r.cacheHit),
    ask: versions,
    cause: 'cache.hit',
  },
  {
    service: 'slow-tenant',
    inject: (r) => void (r.searchMs += r.tenant === 'acme' ? 2500 : 0),
    ask: slow,
    cause: 'tenant.id',
  },
];

const runs = 80;

function spansOf(fault: number, run: number, r: Request) {
  const at = Date.now() - 50 * 60_000 + run * 30_000;
  const hex = (number: number, length: number): string => number.toString(16).padStart(length, 'b');
  const span = (id: number, name: string, from: number, lasts: number, more: object) => ({
    traceId: hex(fault * 1000 + run + 1, 32),
    spanId: hex(fault * 10_000 + run * 10 + id, 16),
    ...(id === 1 ? {} : { parentSpanId: hex(fault * 10_000 + run * 10 + 1, 16) }),
    name,
    kind: 1,
    startTimeUnixNano: String(BigInt(at + from) * 1_000_000n),
    endTimeUnixNano: String(BigInt(at + from + lasts) * 1_000_000n),
    ...more,
  });
  const step = (operation: string, ...attributes: readonly object[]) => ({
    attributes: [text('gen_ai.operation.name', operation), ...attributes],
  });
  return [
    span(
      1,
      'invoke_agent helper',
      0,
      r.searchMs + r.modelMs + 50,
      step('invoke_agent', text('tenant.id', r.tenant), text('user.id', `u${(run * 7) % 60}`)),
    ),
    span(
      2,
      'execute_tool search',
      10,
      r.searchMs,
      step('execute_tool', text('gen_ai.tool.name', 'search'), text('cache.hit', r.cacheHit)),
    ),
    span(3, `chat ${r.model}`, 20 + r.searchMs, r.modelMs, {
      ...step('chat', text('gen_ai.request.model', r.model), text('prompt.version', r.prompt)),
      ...(r.error === '' ? {} : { status: { code: 2, message: r.error } }),
    }),
  ];
}

async function sendFaults(otlpHttp: string): Promise<void> {
  for (const [index, { service, inject }] of faults.entries()) {
    const byVersion = Map.groupBy(
      Array.from({ length: runs }, (_, run) => {
        const request: Request = {
          version: String(1 + (run % 2)),
          model: (run >> 1) % 2 === 0 ? 'gpt-5.4' : 'claude-sonnet-4-5',
          prompt: `p${(run >> 2) % 4}`,
          tenant: ['acme', 'globex', 'initech', 'hooli', 'umbrella'][(run * 3) % 5] ?? '',
          cacheHit: run % 3 === 0 ? 'false' : 'true',
          searchMs: 100 + ((run * 13) % 40),
          modelMs: 700 + ((run * 29) % 90),
          error: '',
        };
        inject(request);
        return { run, request };
      }),
      ({ request }) => request.version,
    );
    const resourceSpans = [...byVersion].map(([version, each]) => ({
      resource: { attributes: [text('service.name', service), text('service.version', version)] },
      scopeSpans: [{ spans: each.flatMap(({ run, request }) => spansOf(index + 1, run, request)) }],
    }));
    await post(otlpHttp, 'traces', { resourceSpans });
  }
}

describe.skipIf(findChromium() === undefined)('a fault that somebody injected', { timeout: 90_000 }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
    await sendFaults(stage.urls.otlpHttp);
    await allStored(stage.urls.ui);
  }, 60_000);
  afterAll(async () => stage.close());

  it.each(faults)('is named within the first three rows: $service', async ({ service, ask, cause }) => {
    const page = await stage.open(`/compare?q=service:${service}&${ask}`);
    const fields = await page.locator('.difference h3').allTextContents();
    const steps = await page
      .getByRole('region', { name: 'Where the time differs' })
      .locator('tbody th')
      .allTextContents();
    const rows = [...fields.slice(0, 3), ...steps.slice(0, 3).map((step) => step.trim().split(' ')[0] ?? '')];
    expect(rows).toContain(cause);
    expect(fields.slice(0, 3)).not.toContain('user');
    await page.close();
  });
});
