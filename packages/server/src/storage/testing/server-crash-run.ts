/**
 * A ClickHouse server is killed again and again at moments a seed decides, while a store computes derived columns anew, and started again. Who comes to it
 * first is another store over the same server, the same one, or a new one. Each time everything stored before is there exactly once.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock, unixNano } from '@sightline/base';
import { expect } from 'vitest';
import { seededRandom } from '../../ingest/testing/random.ts';
import { openStore } from '../open-store.ts';
import type { TelemetryStore } from '../telemetry-store.ts';
import { type ClickHouseServers, startClickHouse } from './clickhouse-server.ts';
import { dayNanos, recordOf, SegmentLoader, spansRequest, type TestSpan, testNow } from './segments.ts';

const days = 2;
const loadsPerDay = 4;
const tracesPerLoad = 25;
/** A swap takes about so long. */
const swapMs = 15;

export async function serverCrashRun({
  seed,
  kills,
}: {
  readonly seed: number;
  readonly kills: number;
}): Promise<void> {
  const random = seededRandom(seed);
  const directory = mkdtempSync(join(tmpdir(), 'sightline-server-crash-'));
  const servers = await startClickHouse();
  const open = async (): Promise<TelemetryStore> =>
    openStore({ kind: 'clickhouse', urls: servers.urls }, systemClock());
  let store = await open();
  const other = await open();
  let files = 0;
  let late = 0;
  const load = async (
    into: TelemetryStore,
    project: string,
    day: number,
    first: number,
    traces: number,
  ): Promise<void> => {
    const loader = new SegmentLoader(into, join(directory, String((files += 1))));
    const spans = Array.from({ length: traces }, (_, index) => traceOf(first + index, day)).flat();
    const record = recordOf('traces', spansRequest('shop', spans), { project });
    expect(await loader.load('traces', [record])).toBe(spans.length);
  };
  const loadLate = async (into: TelemetryStore): Promise<void> => {
    await load(into, 'late', random.int(days), 1_000_000 + late, 1);
    late += 1;
  };
  try {
    for (let day = 0; day < days; day += 1)
      for (let at = 0; at < loadsPerDay; at += 1)
        await load(store, 'default', day, (day * loadsPerDay + at) * tracesPerLoad, tracesPerLoad);
    const beganMs = performance.now();
    await rework(store);
    const lastsMs = performance.now() - beganMs;
    const whole = await tables(store, 'default');
    expect(whole).toMatchObject({ spans: { count: days * loadsPerDay * tracesPerLoad * 3 } });
    for (let kill = 0; kill < kills; kill += 1) {
      const work = rework(store).catch(() => undefined);
      if (random.int(3) === 0) await delay(random.int(lastsMs));
      else await inTheSwap(servers, random.int(5), random.int(swapMs));
      await servers.kill();
      await work;
      await servers.startAgain();
      const first = random.int(3);
      if (first === 0) await loadLate(other);
      if (first === 1) {
        // As a new process would.
        await store.close();
        store = await open();
      }
      await loadLate(store);
      const what = `kill ${kill}`;
      expect(await tables(store, 'default'), what).toEqual(whole);
      const ofLate = await tables(store, 'late');
      for (const [table, { count }] of Object.entries(ofLate))
        expect(count, `${what}, ${table}`).toBe(late * 3);
      expect(await copies(store), what).toEqual([]);
    }
    await rework(store);
    expect(await tables(store, 'default')).toEqual(whole);
  } catch (error) {
    throw new Error(`The run with SIGHTLINE_TEST_SEED=${seed} failed.`, { cause: error });
  } finally {
    await Promise.all([store.close(), other.close()]);
    await servers.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** An agent that calls a model and a tool. */
function traceOf(index: number, day: number): readonly TestSpan[] {
  const trace = (index + 1).toString(16);
  const id = (place: number): string => ((index + 1) * 4 + place).toString(16);
  const start = testNow - BigInt(day) * dayNanos - BigInt(index % 600) * 1_000_000_000n;
  const span = (place: number, operation: string): TestSpan => ({
    trace,
    span: id(place),
    ...(place === 1 ? {} : { parent: id(1) }),
    name: operation,
    start,
    attributes: {
      'gen_ai.operation.name': operation,
      'gen_ai.request.model': 'm',
      'gen_ai.conversation.id': `s-${index % 7}`,
      'gen_ai.usage.input_tokens': index,
    },
  });
  return [span(1, 'invoke_agent'), span(2, 'chat'), span(3, 'execute_tool')];
}

async function rework(store: TelemetryStore): Promise<void> {
  const from = unixNano(testNow - 10n * dayNanos);
  const to = unixNano(testNow + 10n * dayNanos);
  for (let day = 0; day < days; day += 1) {
    const date = new Date(Number((testNow - BigInt(day) * dayNanos) / 1_000_000n)).toISOString().slice(0, 10);
    await store.rederiveDay({ signal: 'traces', project: 'default', day: date, from, to });
  }
}

/** Waits for one of the next complete copies, and a little more. */
async function inTheSwap(servers: ClickHouseServers, skip: number, afterMs: number): Promise<void> {
  const sql = `SELECT groupArray(name) FROM system.tables WHERE database = 'sightline' AND match(name, '_rederived_[0-9]')`;
  const deadline = performance.now() + 20_000;
  const met = new Set<string>();
  while (met.size <= skip && performance.now() < deadline) {
    const answer = await fetch(`${servers.urls[0]}/?query=${encodeURIComponent(sql)}`);
    const text = (await answer.text()).trim();
    if (text !== '[]') met.add(text);
  }
  if (afterMs > 0) await delay(afterMs);
}

type Row = Readonly<Record<string, unknown>>;

async function tables(store: TelemetryStore, project: string): Promise<Record<string, Row>> {
  const one = async (sql: string): Promise<Row> => {
    const { rows } = await store.query<Row>({ sql, params: { project } });
    return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, value]) => [name, Number(value)]));
  };
  const mine = 'WHERE project = {project:String}';
  return {
    spans: await one(
      `SELECT count() AS count, uniqExact(span_id) AS distinct, sum(cityHash64(toString(tuple(* EXCEPT (stored_time))))) % 1000003 AS hash FROM spans ${mine}`,
    ),
    ai_spans: await one(
      `SELECT count() AS count, uniqExact(span_id) AS distinct, sum(input_tokens) AS input FROM ai_spans ${mine}`,
    ),
    trace_summaries: await one(
      `SELECT sum(span_count) AS count, uniqExact(trace_id) AS traces FROM trace_summaries ${mine}`,
    ),
    span_rollup_1m: await one(`SELECT sum(count) AS count FROM span_rollup_1m ${mine}`),
  };
}

/** Complete copies that are left. */
async function copies(store: TelemetryStore): Promise<unknown> {
  return (
    await store.query({
      sql: `SELECT name FROM system.tables WHERE database = 'sightline' AND match(name, '_rederived_[0-9]')`,
    })
  ).rows;
}
