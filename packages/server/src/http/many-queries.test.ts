import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiveServer } from '../testing/live-server.ts';

const worst = [
  'SELECT count() FROM numbers(1000000) a, numbers(1000000) b WHERE a.number % 7 = b.number % 11',
  'SELECT number FROM numbers(1000000000) ORDER BY cityHash64(number) LIMIT 100000, 10',
  "SELECT sum(match(repeat(toString(number), 300), '(a|b|1).*(c|d|2).*(e|f|3).*x')) FROM numbers(100000000)",
  "SELECT a.name, count() FROM spans a, spans b, numbers(1000000) c WHERE match(toString(a.attributes), '(a|b).*(c|d).*z') GROUP BY 1",
];
const atOnce = 60;
/** Two that run and 48 that wait. */
const acceptedMax = 50;

/** What `machineMs` takes at most on an idle core of 2024 while a quarter of the machine is busy with statements. */
const quietMachineMs = 100;

/** A fixed amount of work, long enough to wait for its turn as often as the pages do. */
function machineMs(): number {
  const beganMs = performance.now();
  let sum = 0;
  for (let at = 0; at < 20_000_000; at += 1) sum = (Math.imul(sum, 31) + at) | 0;
  // What nobody reads would not be computed.
  if (sum === 1) throw new Error('Not the sum of this loop.');
  return performance.now() - beganMs;
}

interface Outcome {
  /** 0 where the connection was closed first. */
  readonly status: number;
  readonly ms: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** One request on a connection of its own. */
function send(url: string, options: { readonly json?: unknown; readonly signal?: AbortSignal } = {}) {
  const beganMs = performance.now();
  return new Promise<Outcome>((resolve) => {
    const { json, signal } = options;
    const end = (status: number, retryAfter: string | undefined, body: string): void =>
      resolve({ status, ms: performance.now() - beganMs, retryAfter, body });
    const asked = request(
      url,
      {
        agent: false,
        ...(signal === undefined ? {} : { signal }),
        ...(json === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' } }),
      },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => end(response.statusCode ?? 0, response.headers['retry-after'], body));
      },
    );
    asked.on('error', () => end(0, undefined, ''));
    asked.end(json === undefined ? undefined : JSON.stringify(json));
  });
}

describe('many queries at once', { timeout: 120_000 }, () => {
  let server: LiveServer;
  const queries = async (): Promise<Record<string, number>> => {
    const { body } = await send(`${server.ui}/metrics`);
    const found = body.matchAll(/^sightline_queries_(running|waiting|refused_total)\{share="sql"\} (\d+)$/gm);
    return Object.fromEntries([...found].map(([, name = '', value]) => [name, Number(value)]));
  };
  const typed = async (at: number, signal?: AbortSignal) =>
    send(`${server.ui}/api/v1/sql`, {
      json: { query: worst[at % worst.length] },
      ...(signal === undefined ? {} : { signal }),
    });

  beforeAll(async () => {
    server = await LiveServer.start();
    await server.sendRecording('ai-sdk-6', Date.now() - 60_000);
    await server.stored();
  }, 60_000);
  afterAll(async () => server.close());

  it('of the worst that somebody can type leave pages, the canary and ingest alone, and nothing is left of them', async () => {
    const pages = [
      '/api/v1/overview',
      '/api/v1/traces',
      '/api/v1/runs',
      '/api/v1/status',
      '/health',
      '/ready',
    ];
    let slowestMachineMs = 0;
    const visit = async (): Promise<Record<string, number>> => {
      const took: Record<string, number> = {};
      slowestMachineMs = Math.max(slowestMachineMs, machineMs());
      for (const page of pages) {
        const { status, ms, body } = await send(`${server.ui}${page}`);
        expect(status, `${page}: ${body}`).toBe(200);
        took[page] = ms;
      }
      const began = performance.now();
      await server.send('traces', { resourceSpans: [] });
      return { ...took, ingest: performance.now() - began };
    };
    await visit();
    const gone = new AbortController();
    const answers = Array.from({ length: atOnce }, async (_, at) => typed(at, gone.signal));
    // What is beyond the bound is refused at once.
    await expect.poll(async () => (await queries())['refused_total']).toBe(atOnce - acceptedMax);
    expect(await queries()).toMatchObject({ running: 2, waiting: acceptedMax - 2 });
    const rounds = [await visit(), await visit(), await visit()];
    // Two seconds where the machine has nothing else to do; more where other programs share it.
    const pageMsMax = 2000 * Math.max(1, Math.max(slowestMachineMs, machineMs()) / quietMachineMs);
    for (const page of Object.keys(rounds[0] ?? {}))
      expect(Math.max(...rounds.map((round) => round[page] ?? Infinity)), page).toBeLessThan(pageMsMax);
    // Who closes the connection leaves the queue, and what runs for them is ended.
    gone.abort();
    await expect.poll(queries, { timeout: 10_000 }).toMatchObject({ running: 0, waiting: 0 });
    const all = await Promise.all(answers);
    const refused = all.filter(({ status }) => status === 429);
    // On a busy machine the time of some that waited is up as well.
    expect(refused.length).toBeGreaterThanOrEqual(atOnce - acceptedMax);
    for (const { retryAfter, body } of refused) {
      expect(Number(retryAfter)).toBeGreaterThan(0);
      expect(body).toContain('too_many_queries');
    }
    expect(await send(`${server.ui}/api/v1/sql`, { json: { query: 'SELECT 1' } })).toMatchObject({
      status: 200,
    });
  });

  it('wait no longer than their time, the waiting included', async () => {
    const beganMs = performance.now();
    const answers = await Promise.all([typed(0), typed(0), typed(0)]);
    expect(performance.now() - beganMs).toBeLessThan(25_000);
    const ended = answers.filter(({ status }) => status === 422);
    // The third has a moment of its time left when its turn comes, or none.
    expect(ended.length).toBeGreaterThanOrEqual(2);
    for (const each of answers) expect(each.body).toMatch(/query_limit|too_many_queries/);
    for (const each of answers) expect(each.body).not.toMatch(/Exception|elapsed|TIMEOUT/);
    await expect.poll(queries, { timeout: 10_000 }).toMatchObject({ running: 0, waiting: 0 });
  });
});
