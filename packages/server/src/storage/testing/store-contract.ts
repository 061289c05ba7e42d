/** What every telemetry store must do, wherever its engine runs. The three `store.*.test.ts` run it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unixNano } from '@sightline/base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateSegments } from '../../../../../bench/scale-data.ts';
import { loadCases } from '../../../../../conformance/load.ts';
import { gunzipSync } from 'node:zlib';
import { demoAttribute, demoMark } from '@sightline/schema/api';
import { jsonToProtobuf } from '@sightline/schema/otlp';
import { projectTables } from '../clickhouse/table-names.ts';
import { RowBinary } from '../row-binary.ts';
import type { ScoreRow, StoreError, TelemetryStore } from '../telemetry-store.ts';
import { goldenSql } from './golden-sql.ts';
import {
  attributesOf,
  dayNanos,
  recordOf,
  recordOfProtobuf,
  SegmentLoader,
  spansRequest,
  testNow,
} from './segments.ts';

export interface StoreUnderTest {
  /** Opens the store, each time over the same data. */
  open(): Promise<TelemetryStore>;
  /** Takes away what it stands on. To be called when it is closed. */
  end(): Promise<void> | void;
}

export function describeStore(name: string, begin: () => Promise<StoreUnderTest> | StoreUnderTest): void {
  describe(name, { timeout: 120_000 }, () => {
    const directory = mkdtempSync(join(tmpdir(), 'sightline-store-'));
    let subject: StoreUnderTest;
    let store: TelemetryStore;
    let loader: SegmentLoader;
    let projects = 0;
    let project = '';

    beforeAll(async () => {
      subject = await begin();
      store = await subject.open();
      loader = new SegmentLoader(store, join(directory, 'segments'));
    });
    afterAll(async () => {
      await store.close();
      await subject.end();
      rmSync(directory, { recursive: true, force: true });
    });

    const freshProject = (): string => (project = `project-${(projects += 1)}`);
    const rows = async <Row = Record<string, unknown>>(
      sql: string,
      params: Record<string, unknown> = {},
    ): Promise<readonly Row[]> => (await store.query<Row>({ sql, params: { project, ...params } })).rows;
    const count = async (table: string): Promise<number> =>
      Number(
        (await rows<{ n: string }>(`SELECT count() AS n FROM ${table} WHERE project = {project:String}`))[0]
          ?.n,
      );

    describe('what is loaded', () => {
      test.each(['traces', 'logs', 'metrics'] as const)(
        'the conformance cases of %s come out as recorded',
        async (signal) => {
          freshProject();
          const records: Uint8Array[] = [];
          for (const one of loadCases({ nowUnixNano: testNow })) {
            // Cases about size have nothing to show here.
            if (one.signal !== signal || one.expect.status !== 200 || one.body.length > 20_000) continue;
            const body = one.contentEncoding === 'gzip' ? gunzipSync(one.body) : one.body;
            const protobuf =
              one.contentType === 'application/json'
                ? jsonToProtobuf(signal, body)
                : { ok: true as const, value: body };
            if (!protobuf.ok) throw new Error(protobuf.error.message);
            records.push(recordOfProtobuf(signal, protobuf.value, { project }));
          }
          await loader.load(signal, records, `golden-${signal}`);
          const lines = (await rows(goldenSql(signal))).map((row) => JSON.stringify(row));
          const text = lines.toSorted().join('\n');
          await expect(text).toMatchFileSnapshot(`testing/golden/${signal}.jsonl`);
        },
      );

      test('a segment that was all rejected leaves its reasons in the ledger', async () => {
        freshProject();
        const request = spansRequest('s', [
          { trace: '0', span: '0' },
          { trace: 'a1', span: 'b1' },
        ]);
        await loader.load('traces', [recordOf('traces', request, { project })]);
        await loader.load('traces', [
          recordOf('traces', spansRequest('s', [{ trace: '0', span: '0' }]), { project }),
        ]);
        expect(await count('spans')).toBe(1);
        const ledger = await rows(
          `SELECT signal, reason = '' AS stored, sum(accepted) AS accepted, sum(rejected) AS rejected FROM ledger
           WHERE project = {project:String} GROUP BY signal, stored ORDER BY stored`,
        );
        expect(ledger).toEqual([
          { signal: 'traces', stored: 0, accepted: '0', rejected: '2' },
          { signal: 'traces', stored: 1, accepted: '1', rejected: '0' },
        ]);
      });

      test('an empty segment is loaded as nothing', async () => {
        freshProject();
        expect(await loader.load('logs', [])).toBe(0);
        expect(await loader.load('logs', [recordOf('logs', {}, { project })])).toBe(0);
        expect(await count('logs')).toBe(0);
      });

      test('a large segment is loaded whole, with everything views make of it', async () => {
        freshProject();
        const to = testNow;
        const from = testNow - 3_600_000_000_000n;
        const [segment] = generateSegments({
          seed: 11,
          project,
          fromUnixNano: from,
          toUnixNano: to,
          spanCount: 20_000,
          segmentBytes: 1 << 28,
        });
        if (segment === undefined) throw new Error('There is no segment.');
        expect(await loader.load('traces', [segment.bytes])).toBe(segment.spans);
        expect(await count('spans')).toBe(segment.spans);
        const [totals] = await rows(
          `SELECT (SELECT sum(span_count) FROM trace_summaries WHERE project = {project:String}) AS summaries,
             (SELECT sum(count) FROM span_rollup_1m WHERE project = {project:String}) AS rollup,
             (SELECT sum(count) FROM service_rollup_1m WHERE project = {project:String}) AS services,
             (SELECT sum(count) FROM service_rollup_1h WHERE project = {project:String}) AS hours,
             (SELECT uniqExact(trace_id) FROM spans WHERE project = {project:String}) =
               (SELECT uniqExact(trace_id) FROM trace_starts WHERE project = {project:String}) AS starts`,
        );
        expect(totals).toEqual({
          summaries: String(segment.spans),
          rollup: String(segment.spans),
          services: String(segment.spans),
          hours: String(segment.spans),
          starts: 1,
        });
      });

      test('loads one after another share their connections', async () => {
        freshProject();
        // None at all in the embedded engine.
        const opened = async () => {
          const [found] = await rows<{ n: string }>(
            `SELECT sum(value) AS n FROM system.events WHERE event = 'HTTPServerConnectionsCreated'`,
          );
          return Number(found?.n);
        };
        const before = await opened();
        for (let load = 0; load < 4; load += 1) {
          const span = { trace: 'a1', span: `b${load}` };
          await loader.load('traces', [recordOf('traces', spansRequest('s', [span]), { project })]);
        }
        expect(await count('spans')).toBe(4);
        // Each load is two requests or three.
        expect((await opened()) - before).toBeLessThan(4);
      });

      test('names and values with any character are kept, and found by parameter', async () => {
        freshProject();
        const odd = `it's "odd" \\ {x:String} ;-- 雪\t\n%_ \u0000 'end`;
        project = odd;
        const span = { trace: 'a1', span: 'b1', name: odd, attributes: { [odd]: odd } };
        await loader.load('traces', [recordOf('traces', spansRequest(odd, [span]), { project })]);
        const found = await rows(
          `SELECT name, service, attributes[{odd:String}] AS value FROM spans
           WHERE project = {project:String} AND name IN {names:Array(String)} AND attributes[{odd:String}] = {odd:String}`,
          { odd, names: ['x', odd] },
        );
        expect(found).toEqual([{ name: odd, service: odd, value: odd }]);
      });

      test('texts are kept apart, and found by their words', async () => {
        freshProject();
        const long = `The quick brown fox ${'jumps over '.repeat(30)}`;
        const spans = [
          { trace: 'a1', span: 'b1', attributes: { 'app.note': long, 'app.id': 'x' } },
          { trace: 'a2', span: 'b2', attributes: { 'gen_ai.input.messages': 'Short Prompt', 'app.id': 'y' } },
        ];
        await loader.load('traces', [recordOf('traces', spansRequest('s', spans), { project })]);
        const where = `FROM spans WHERE project = {project:String} AND hasAllTokens(words, {tokens:Array(String)})`;
        const select = `SELECT attributes['app.note'] AS short, mapUpdate(attributes, long_attributes) AS whole, attribute_types AS types ${where}`;
        expect(await rows(select, { tokens: ['quick', 'fox'] })).toEqual([
          { short: '', whole: { 'app.note': long, 'app.id': 'x' }, types: 'ss' },
        ]);
        expect(await rows(`SELECT lower(hex(span_id)) AS id ${where}`, { tokens: ['prompt'] })).toEqual([
          { id: '00000000000000b2' },
        ]);
        expect(await rows(`SELECT 1 ${where}`, { tokens: ['quick', 'prompt'] })).toEqual([]);
      });

      test('long texts are kept once a day, beside the spans of each trace that uses them, and go with the last', async () => {
        freshProject();
        const long = `What was said ${'before '.repeat(100)}`;
        const own = `What nobody else said ${'ever '.repeat(120)}`;
        const span = (trace: string, notes: object) => ({ trace, span: 'b1', attributes: { ...notes } });
        for (const [trace, notes] of [
          ['a1', { one: long, two: own }],
          ['a2', { one: long }],
          ['a3', { one: long }],
        ] as const)
          await loader.load('traces', [
            recordOf('traces', spansRequest('s', [span(trace, notes)]), { project }),
          ]);
        const bodies = `SELECT any(body) AS body FROM texts WHERE project = {project:String} GROUP BY id ORDER BY body`;
        expect(await rows(bodies)).toEqual([{ body: own }, { body: long }]);
        const used = `SELECT count() AS n FROM spans WHERE project = {project:String}
          AND arrayExists(used -> used IN (SELECT id FROM texts WHERE project = {project:String} AND hasAllTokens(if(isValidASCII(body), lower(body), replaceRegexpAll(lowerUTF8(body), '[^\\\\p{L}\\\\p{N}]+', ' ')), ['said', 'before'])), text_ids)`;
        expect(await rows(used)).toEqual([{ n: '3' }]);
        await store.deleteTrace({ project, traceId: 'a1'.padStart(32, '0') });
        expect(await rows(bodies)).toEqual([{ body: long }]);
        expect(await rows(used)).toEqual([{ n: '2' }]);
      });

      test('of the demo nothing stays, and of a program that shares its service, its hours and its metrics everything', async () => {
        freshProject();
        const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
        const load = async (trace: string, marks: readonly object[]): Promise<void> => {
          const resource = { attributes: [text('service.name', 'web-api'), ...marks] };
          const said = text('gen_ai.input.messages', `${trace} said ${'much '.repeat(200)}`);
          const span = (spanId: string, name: string) => ({
            traceId: trace.repeat(16),
            spanId: spanId.repeat(8),
            name,
            startTimeUnixNano: String(testNow),
            endTimeUnixNano: String(testNow + 5n),
            attributes: [text('gen_ai.operation.name', 'chat'), text('gen_ai.request.model', 'm'), said],
          });
          const spans = [span('b1', 'shared'), span('b2', `only ${trace}`)];
          const traces = { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] };
          await loader.load('traces', [recordOf('traces', traces, { project })]);
          const logRecords = [{ timeUnixNano: String(testNow), body: { stringValue: trace } }];
          const logs = { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] };
          await loader.load('logs', [recordOf('logs', logs, { project })]);
          const gauge = { dataPoints: [{ timeUnixNano: String(testNow), asInt: '1' }] };
          const metrics = [
            { name: 'shared', gauge },
            { name: `only ${trace}`, gauge },
          ];
          const points = { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] };
          await loader.load('metrics', [recordOf('metrics', points, { project })]);
        };
        const everything = async (): Promise<unknown> => ({
          counts: await Promise.all(
            ['spans', 'ai_spans', 'logs', 'metric_points', 'texts', 'trace_summaries', 'trace_starts'].map(
              count,
            ),
          ),
          names: await rows(
            'SELECT toString(name) AS name, sum(point_count) AS points FROM metric_names WHERE project = {project:String} GROUP BY name ORDER BY name',
          ),
          spans: await rows(
            'SELECT toString(name) AS name, sum(span_rollup_1m.count) AS n FROM span_rollup_1m WHERE project = {project:String} GROUP BY name ORDER BY name',
          ),
          services: await Promise.all(
            ['service_rollup_1m', 'service_rollup_1h'].map(async (table) =>
              rows(
                `SELECT service, sum(${table}.count) AS n FROM ${table} WHERE project = {project:String} GROUP BY service`,
              ),
            ),
          ),
        });
        await load('a1', []);
        const before = await everything();
        await load('d1', [text(demoAttribute, demoMark)]);
        expect(await everything()).not.toEqual(before);
        const parts: number[] = [];
        await store.deleteDemo({ project, onPart: (part) => parts.push(part) });
        expect(await everything()).toEqual(before);
        expect(parts).toEqual([1]);
        await store.deleteDemo({ project, onPart: () => {} });
        expect(await everything()).toEqual(before);
      });

      test('log records of one instant keep their order', async () => {
        freshProject();
        const record = (body: number): unknown => ({
          timeUnixNano: String(testNow),
          body: { intValue: String(body) },
        });
        const numbers = Array.from({ length: 300 }, (_, at) => at);
        const request = { resourceLogs: [{ scopeLogs: [{ logRecords: numbers.map(record) }] }] };
        await loader.load('logs', [recordOf('logs', request, { project })]);
        const found = await rows<{ body: string }>(
          `SELECT body FROM logs WHERE project = {project:String} ORDER BY bucket, time, log_id`,
        );
        expect(found.map(({ body }) => Number(body))).toEqual(numbers);
      });
    });

    describe('traces over many inserts', () => {
      test('a summary grows with late spans, hours and days apart, and learns its root', async () => {
        freshProject();
        const later = testNow + dayNanos;
        const load = (spans: Parameters<typeof spansRequest>[1], service: string): Promise<number> =>
          loader.load('traces', [recordOf('traces', spansRequest(service, spans), { project })]);
        const summary = async (): Promise<unknown> =>
          (
            await rows(
              `SELECT toUnixTimestamp64Nano(min(start_time)) AS start, toUnixTimestamp64Nano(max(end_time)) AS end,
                 tupleElement(min(head), 'name') AS name, tupleElement(min(head), 'is_child') AS child, sum(span_count) AS spans,
                 sum(error_count) AS errors, arraySort(groupUniqArrayArray(services)) AS services, max(session_id) AS session
               FROM trace_summaries WHERE project = {project:String} GROUP BY trace_id`,
            )
          )[0];
        await load([{ trace: 'a1', span: 'b2', parent: 'b1', name: 'child', start: testNow + 5n }], 'worker');
        expect(await summary()).toEqual({
          start: String(testNow + 5n),
          end: String(testNow + 1_000_005n),
          name: 'child',
          child: 1,
          spans: '1',
          errors: '0',
          services: ['worker'],
          session: '',
        });
        await load(
          [{ trace: 'a1', span: 'b3', parent: 'b1', name: 'last', start: later, failed: true }],
          'worker',
        );
        await load([{ trace: 'a1', span: 'b1', name: 'root', attributes: { 'session.id': 'S' } }], 'front');
        expect(await summary()).toEqual({
          start: String(testNow),
          end: String(later + 1_000_000n),
          name: 'root',
          child: 0,
          spans: '3',
          errors: '1',
          services: ['front', 'worker'],
          session: 'S',
        });
        // One for each five minutes, whatever has been merged by now.
        expect(
          await rows(
            `SELECT toUnixTimestamp64Nano(min(start_time)) AS start FROM trace_starts
             WHERE project = {project:String} GROUP BY bucket, trace_id ORDER BY start`,
          ),
        ).toEqual([{ start: String(testNow) }, { start: String(later) }]);
      });
    });

    describe('loading the same token again', () => {
      const everything = async (): Promise<unknown> =>
        (
          await rows(
            `SELECT (SELECT count() FROM spans WHERE project = {project:String}) AS spans,
               (SELECT sum(span_count) FROM trace_summaries WHERE project = {project:String}) AS summaries,
               (SELECT count() FROM trace_starts WHERE project = {project:String}) AS starts,
               (SELECT sum(count) FROM span_rollup_1m WHERE project = {project:String}) AS rollup,
               (SELECT sum(count) FROM service_rollup_1m WHERE project = {project:String}) AS services,
               (SELECT sum(count) FROM service_rollup_1h WHERE project = {project:String}) AS hours,
               (SELECT sum(accepted) FROM ledger WHERE project = {project:String}) AS ledger`,
          )
        )[0];
      const once = {
        spans: '2',
        summaries: '2',
        starts: '2',
        rollup: '2',
        services: '2',
        hours: '2',
        ledger: '2',
      };

      test('adds nothing to the table, its views and the ledger, also after reopening', async () => {
        freshProject();
        const spans = [
          { trace: 'a1', span: 'b1', attributes: { 'app.k': 'v' } },
          { trace: 'a2', span: 'b2', start: testNow - dayNanos, attributes: { 'app.k': 'v' } },
        ];
        const record = recordOf('traces', spansRequest('s', spans), { project });
        const token = `replayed-${project}`;
        const segment = loader.write('traces', record, token);
        await store.load(segment);
        const first = await everything();
        expect(first).toEqual(once);
        await store.load(segment);
        expect(await everything()).toEqual(first);
        await store.close();
        store = await subject.open();
        loader = new SegmentLoader(store, join(directory, 'segments-reopened'));
        await store.load(segment);
        expect(await everything()).toEqual(first);
      });

      test('another token loads the same bytes again', async () => {
        freshProject();
        const record = recordOf('traces', spansRequest('s', [{ trace: 'a1', span: 'b1' }]), { project });
        await loader.load('traces', [record], `${project}-one`);
        await loader.load('traces', [record], `${project}-two`);
        expect(await count('spans')).toBe(2);
      });
    });

    describe('a segment that cannot be read', () => {
      test('is refused whole', async () => {
        freshProject();
        const good = recordOf('traces', spansRequest('s', [{ trace: 'a1', span: 'b1' }]), { project });
        const bytes = Buffer.concat([good, good.subarray(0, good.length - 9)]);
        const segment = loader.write('traces', bytes, `${project}-torn`);
        await expect(store.load(segment)).rejects.toMatchObject({ name: 'StoreError', kind: 'refused' });
        expect(await count('spans')).toBe(0);
      });

      test('is unavailable where the file is gone', async () => {
        const segment = {
          signal: 'logs',
          path: join(directory, 'missing'),
          byteLength: 1,
          token: 'missing',
        } as const;
        await expect(store.load(segment)).rejects.toMatchObject({ name: 'StoreError' });
      });
    });

    describe('queries', () => {
      const refusal = (sql: string, limits = {}): Promise<StoreError> =>
        store.query({ sql }, limits).then(
          () => Promise.reject(new Error('The query was not stopped.')),
          (error: StoreError) => error,
        );

      test('are stopped at their limits, and say which', async () => {
        const slow = 'SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1';
        expect(await refusal(slow, { timeMsMax: 200, rowsReadMax: 1e15 })).toMatchObject({
          kind: 'limit',
          limit: 'time',
        });
        expect(
          await refusal('SELECT sum(number) FROM numbers(1000000)', { rowsReadMax: 1000 }),
        ).toMatchObject({
          kind: 'limit',
          limit: 'rows',
        });
        expect(
          await refusal('SELECT length(groupArray(toString(number))) FROM numbers(3000000)', {
            memoryBytesMax: 10_000_000,
          }),
        ).toMatchObject({ kind: 'limit', limit: 'memory' });
      });

      test('return no more rows than asked for, and say that there were more', async () => {
        const sql = 'SELECT number FROM numbers(100000) ORDER BY number';
        const cut = await store.query<{ number: string }>({ sql }, { resultRowsMax: 3 });
        expect(cut.rows.map(({ number }) => number)).toEqual(['0', '1', '2']);
        expect(cut.truncated).toBe(true);
        const whole = await store.query({ sql: `${sql} LIMIT 3` }, { resultRowsMax: 3 });
        expect(whole.truncated).toBe(false);
        expect(whole.columns).toEqual([{ name: 'number', type: 'UInt64' }]);
      });

      test('count everything although few rows are returned', async () => {
        freshProject();
        const spansOf = (at: number): Uint8Array =>
          recordOf(
            'traces',
            spansRequest(`service-${100 + (at % 40)}`, [{ trace: `c${at}`, span: `d${at}` }]),
            { project },
          );
        await loader.load(
          'traces',
          Array.from({ length: 120 }, (_, at) => spansOf(at)),
        );
        const where = 'FROM spans WHERE project = {project:String}';
        const query = (sql: string): ReturnType<typeof store.query> =>
          store.query({ sql, params: { project } }, { resultRowsMax: 2 });
        const groups = await query(`SELECT service, count() AS n ${where} GROUP BY service ORDER BY service`);
        expect([groups.rows, groups.truncated]).toEqual([
          [
            { service: 'service-100', n: '3' },
            { service: 'service-101', n: '3' },
          ],
          true,
        ]);
        expect((await query(`SELECT count() AS n FROM (SELECT DISTINCT trace_id ${where})`)).rows).toEqual([
          { n: '120' },
        ]);
        const union = `SELECT service ${where} AND service = 'service-105' UNION ALL SELECT service ${where} AND service = 'service-106'`;
        expect(
          (await query(`SELECT service, count() AS n FROM (${union}) GROUP BY service ORDER BY service`))
            .rows,
        ).toEqual([
          { service: 'service-105', n: '3' },
          { service: 'service-106', n: '3' },
        ]);
        const inside = `SELECT count() AS n ${where} AND trace_id IN (SELECT trace_id FROM trace_starts WHERE project = {project:String})`;
        expect((await query(inside)).rows).toEqual([{ n: '120' }]);
      });

      test('answer cleanly after one that failed half way', async () => {
        await refusal('SELECT number, throwIf(number = 70000) FROM numbers(100000)');
        for (let at = 0; at < 8; at += 1) expect(await rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
      });

      test('do not write, and name what they cannot find', async () => {
        expect(await refusal('INSERT INTO ledger (project) VALUES (1)')).toMatchObject({ kind: 'refused' });
        expect(await refusal('DROP TABLE spans')).toMatchObject({ kind: 'refused' });
        expect(await refusal('SELECT nothing FROM spans')).toMatchObject({ kind: 'refused' });
        expect(await refusal('SELECT * FROM not_a_table')).toMatchObject({ kind: 'refused' });
      });

      test('bind numbers, lists and missing values', async () => {
        const params = { i: 9_007_199_254_740_993n, n: null, a: ["a'b", 'c\\d'], f: 1.5, b: true };
        const [row] = await rows(
          'SELECT {i:UInt64} AS i, {n:Nullable(String)} AS n, {a:Array(String)} AS a, {f:Float64} AS f, {b:Bool} AS b, nan AS x',
          params,
        );
        expect(row).toEqual({
          i: '9007199254740993',
          n: null,
          a: ["a'b", 'c\\d'],
          f: 1.5,
          b: true,
          x: 'nan',
        });
        await expect(store.query({ sql: 'SELECT {missing:String}' })).rejects.toMatchObject({
          kind: 'refused',
        });
      });

      test('are ended when nobody waits any more, and leave nothing behind', async () => {
        const gone = new AbortController();
        const worst =
          'SELECT count() FROM numbers(1000000) a, numbers(1000000) b WHERE a.number % 7 = b.number % 11';
        const wanted = { timeMsMax: 60_000, signal: gone.signal };
        const asked = [
          ...Array.from({ length: 8 }, async () => store.query({ sql: worst }, wanted)),
          store.queryBinary({ sql: worst }, wanted),
          store.queryUntrusted({ sql: worst, project: 'default' }, wanted),
        ];
        await expect.poll(() => store.queue().find(({ share }) => share === 'page')?.waiting).toBe(5);
        await new Promise((resolve) => setTimeout(resolve, 500));
        gone.abort();
        for (const each of await Promise.allSettled(asked))
          expect(each).toMatchObject({ status: 'rejected', reason: { kind: 'cancelled' } });
        await expect
          .poll(() => store.queue().filter(({ running, waiting }) => running + waiting > 0), {
            timeout: 15_000,
          })
          .toEqual([]);
        const running =
          "SELECT count() AS n FROM system.processes WHERE query LIKE '%numbers(1000000) b%' AND query NOT LIKE '%processes%'";
        await expect
          .poll(async () => (await rows<{ n: string }>(running))[0]?.n, { timeout: 15_000 })
          .toBe('0');
      });

      test('answer with no more than they may, also where all rows share a long value', async () => {
        const long = "SELECT repeat('x', 50000) AS x FROM numbers(1000)";
        await expect(store.queryUntrusted({ sql: long, project: 'default' })).rejects.toMatchObject({
          kind: 'limit',
          limit: 'rows',
        });
      });

      test('come in RowBinary too, within the same limits', async () => {
        const sql = `SELECT toString(number), number = 1, toFixedString('ab', 2), toInt64(-number),
          [concat('ü', char(1), {end:String}), ''] FROM numbers(1000) ORDER BY number`;
        const params = { end: "\u2028'" };
        const answer = new RowBinary(await store.queryBinary({ sql, params }, { resultRowsMax: 300 }));
        const read = [];
        while (!answer.isAtEnd)
          read.push([answer.string(), answer.uint8(), answer.hex(2), answer.int64(), answer.strings()]);
        expect(read).toHaveLength(300);
        expect(read.slice(0, 2)).toEqual([
          ['0', 0, '6162', 0n, ["ü\u0001\u2028'", '']],
          ['1', 1, '6162', -1n, ["ü\u0001\u2028'", '']],
        ]);
        expect(await store.queryBinary({ sql: 'SELECT 1 WHERE false' })).toHaveLength(0);
        for (const [bad, limits, failure] of [
          ['SELECT nothing FROM spans', {}, { kind: 'refused' }],
          ['INSERT INTO ledger (project) VALUES (1)', {}, { kind: 'refused' }],
          ['SELECT number, throwIf(number = 70000) FROM numbers(100000)', {}, { kind: 'refused' }],
          [
            'SELECT sum(number) FROM numbers(1000000)',
            { rowsReadMax: 1000 },
            { kind: 'limit', limit: 'rows' },
          ],
        ] as const)
          await expect(store.queryBinary({ sql: bad }, limits)).rejects.toMatchObject(failure);
        expect(await rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
      });

      test('a slow one blocks neither loads nor other queries', async () => {
        freshProject();
        const slow = refusal('SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1', {
          timeMsMax: 10_000,
          rowsReadMax: 1e15,
        });
        let isSlowDone = false;
        const finished = slow.then(() => (isSlowDone = true));
        await loader.load('traces', [
          recordOf('traces', spansRequest('s', [{ trace: 'a1', span: 'b1' }]), { project }),
        ]);
        expect(await count('spans')).toBe(1);
        expect(isSlowDone).toBe(false);
        await finished;
      });
    });

    describe('SQL that somebody typed', () => {
      test.each([
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM (SELECT * FROM file('/etc/passwd'))",
        "WITH x AS (SELECT * FROM url('http://127.0.0.1:1/')) SELECT * FROM x",
        "SELECT file('/etc/passwd')",
        "SELECT * FROM remote('127.0.0.1', system.one)",
        "SELECT * FROM executable('id', 'TSV', 'x String')",
        'SELECT * FROM system.users',
        'SELECT * FROM information_schema.tables',
        'SELECT 1 IN system.users',
        'SELECT 1; DROP TABLE spans',
        'DROP TABLE spans',
        'INSERT INTO ledger (project) VALUES (1)',
        "SELECT 1 INTO OUTFILE '/tmp/sightline-outfile'",
        'SELECT 1 FORMAT CSV',
        'SELECT 1 SETTINGS max_execution_time = 0',
        'SELECT 1 FROM (SELECT 1 SETTINGS readonly = 0)',
        'SET readonly = 0',
        'SELECT sleep(3)',
        "SELECT dictGet('x', 'y', 1)",
        "SELECT joinGet('system.users', 'name', 1)",
        'SELECT * FROM runs_progress',
        'EXPLAIN SELECT * FROM system.users',
        "EXPLAIN SELECT (SELECT any(line) FROM file('/etc/passwd', 'LineAsString', 'line String'))",
        "EXPLAIN ESTIMATE SELECT * FROM url('http://127.0.0.1:1/')",
        "EXPLAIN indexes = 1 SELECT file('/etc/passwd')",
        'EXPLAIN SELECT 1 SETTINGS max_execution_time = 0',
        'EXPLAIN indexes = 1, max_execution_time = 0 SELECT 1',
        "EXPLAIN SELECT 1 INTO OUTFILE '/tmp/sightline-outfile'",
        'EXPLAIN SELECT 1 FORMAT CSV',
        'EXPLAIN SELECT 1; DROP TABLE spans',
        'EXPLAIN INSERT INTO ledger (project) SELECT 1',
        'EXPLAIN PLAN DROP TABLE spans',
        'EXPLAIN AST SELECT 1',
        'EXPLAIN SYNTAX SELECT 1',
        'EXPLAIN QUERY TREE SELECT 1',
        'EXPLAIN CURRENT TRANSACTION',
        "EXPLAIN TABLE OVERRIDE mysql('127.0.0.1:1', 'a', 'b', 'c', 'd') COLUMNS (x String)",
        'EXPLAIN EXPLAIN SELECT 1',
        'EXPLAIN json = 1 SELECT 1) UNION ALL (SELECT name FROM system.users',
        'SELECT * FROM (EXPLAIN SELECT 1)',
        'not sql at all',
        '',
      ])('is refused: %s', async (sql) => {
        await expect(store.queryUntrusted({ sql, project })).rejects.toMatchObject({
          name: 'StoreError',
          kind: 'refused',
        });
      });

      test.each([
        'SELECT count() AS n FROM spans',
        'WITH s AS (SELECT service FROM spans) SELECT count() FROM s -- comment',
        "SELECT name, engine FROM system.tables WHERE name = 'spans';",
        "SELECT 'a;b' AS text, number FROM numbers(2) ORDER BY number DESC LIMIT 1",
        'SELECT service, quantile(0.95)(duration_ns) FROM spans WHERE trace_id IN (SELECT trace_id FROM trace_starts) GROUP BY service',
      ])('is answered: %s', async (sql) => {
        expect((await store.queryUntrusted({ sql, project })).columns.length).toBeGreaterThan(0);
      });

      test('sees the rows of its project only, however it reaches for them', async () => {
        freshProject();
        const mine = project;
        await loader.load('traces', [
          recordOf('traces', spansRequest('s', [{ trace: 'a1', span: 'b1' }]), { project }),
        ]);
        freshProject();
        const trace = { trace: 'a2', span: 'b2' };
        await loader.load('traces', [recordOf('traces', spansRequest('s', [trace, trace]), { project })]);
        for (const [sql, seen] of [
          ['SELECT count() AS n FROM spans', 1],
          ['SELECT count() AS n FROM (SELECT * FROM spans AS s)', 1],
          ['WITH s AS (SELECT * FROM spans) SELECT uniqExact(project) AS n FROM s', 1],
          ['(SELECT count() AS n FROM spans) UNION ALL (SELECT 0 AS n WHERE false)', 1],
          ['SELECT (SELECT count() FROM spans) AS n', 1],
          ['SELECT count() AS n FROM spans AS a JOIN spans AS b ON a.service = b.service', 1],
          ["SELECT count() AS n FROM numbers(9) WHERE 'a2' IN (SELECT name FROM spans)", 0],
          ['SELECT count() AS n FROM view(SELECT * FROM spans)', 1],
          ['SELECT sum(span_count) AS n FROM trace_summaries', 1],
          [`SELECT count() AS n FROM spans WHERE project = '${project}'`, 0],
          ['SELECT countDistinct(project) AS n FROM ledger', 1],
        ] as const) {
          const { rows } = await store.queryUntrusted<{ n: string }>({ sql, project: mine });
          expect([sql, rows.map(({ n }) => Number(n))]).toEqual([sql, [seen]]);
        }
        for (const table of projectTables)
          expect(
            (await store.queryUntrusted({ sql: `SELECT count() FROM ${table}`, project: mine })).rows,
          ).toHaveLength(1);
        // Views that fill tables, and whatever else is in the database, are no way around it.
        const all = await store.query<{ name: string }>({
          sql: 'SELECT name FROM system.tables WHERE database = currentDatabase()',
        });
        expect(all.rows.length).toBeGreaterThan(projectTables.length);
        for (const { name } of all.rows) {
          const sql = `SELECT DISTINCT project FROM ${name}`;
          const seen = await store
            .queryUntrusted<{ project: string }>({ sql, project: mine })
            .catch(() => null);
          const others = seen?.rows.filter((row) => row.project !== mine) ?? [];
          expect([name, others]).toEqual([name, []]);
        }
        // What the store asks next is not held to it.
        const { rows } = await store.query<{ n: string }>({
          sql: 'SELECT count() AS n FROM spans WHERE project = {project:String}',
          params: { project },
        });
        expect(rows).toEqual([{ n: '2' }]);
      });

      test.each([
        ['EXPLAIN SELECT service FROM spans', /service/],
        ['explain /* why */ plan header = 1 SELECT count() FROM logs WHERE time > now() -- slow', /count/],
        ['EXPLAIN indexes = 1, actions = 1 (SELECT 1 AS a) UNION ALL (SELECT name FROM spans);', /Union/],
        ['EXPLAIN json = 1 WITH s AS (SELECT service FROM spans) SELECT * FROM s', /"Plan"/],
        ['EXPLAIN PIPELINE SELECT max(duration_ns) FROM spans', /Aggregating/],
        ['EXPLAIN PIPELINE graph = 1, compact = 0 SELECT 1', /digraph/],
        ["EXPLAIN SELECT 'EXPLAIN indexes = 1 SELECT 2' FROM spans WHERE name = 'x'", /name = 'x'/],
      ])('is explained: %s', async (sql, plan) => {
        const { rows: lines } = await store.queryUntrusted<{ explain: string }>({ sql, project });
        expect(lines.map(({ explain }) => explain).join('\n')).toMatch(plan);
      });

      test('is explained with the indexes it uses', async () => {
        freshProject();
        await loader.load('traces', [
          recordOf('traces', spansRequest('s', [{ trace: 'a1', span: 'b1' }]), { project }),
        ]);
        const { rows: lines } = await store.queryUntrusted<{ explain: string }>({
          sql: "EXPLAIN indexes = 1, distributed = 1 SELECT count() FROM spans WHERE trace_id = unhex('ab')",
          project,
        });
        const plan = lines.map(({ explain }) => explain).join('\n');
        expect(plan).toContain('PrimaryKey');
        expect(plan).toContain('trace_id_index');
      });

      test('is estimated: tables, parts, rows and marks it would read', async () => {
        const { columns } = await store.queryUntrusted({
          sql: 'EXPLAIN ESTIMATE SELECT * FROM spans',
          project,
        });
        expect(columns.map((column) => column.name)).toEqual(['database', 'table', 'parts', 'rows', 'marks']);
      });

      test('is stopped at its limits, also where EXPLAIN has to run a part of it', async () => {
        const explain = store.queryUntrusted(
          {
            sql: 'EXPLAIN SELECT 1 WHERE 1 = (SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1)',
            project,
          },
          { timeMsMax: 200, rowsReadMax: 1e15 },
        );
        await expect(explain).rejects.toMatchObject({ kind: 'limit', limit: 'time' });
        const slow = store.queryUntrusted(
          { sql: 'SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1', project },
          {
            timeMsMax: 200,
            rowsReadMax: 1e15,
          },
        );
        await expect(slow).rejects.toMatchObject({ kind: 'limit', limit: 'time' });
      });
    });

    describe('scores', () => {
      const score = (id: string, value: number | null): ScoreRow => ({
        project,
        id,
        timeNanos: testNow.toString(),
        traceId: 'a1'.repeat(16),
        spanId: '00'.repeat(8),
        sessionId: '',
        responseId: '',
        service: '',
        name: `it's "a\\b"\n\t\0😀`,
        value,
        label: '',
        comment: 'x'.repeat(10_000),
        source: 'api',
        who: '',
        evaluatorId: '',
        judgeModel: '',
        judgeInputTokens: null,
        judgeOutputTokens: 18_000_000,
        judgeCostUsd: 0.1,
      });
      const kept = async () =>
        rows<{
          id: string;
          value: number | null;
          name: string;
          traceId: string;
          tokens: string;
          size: string;
        }>(
          `SELECT score_id AS id, value, name, lower(hex(trace_id)) AS traceId, judge_output_tokens AS tokens, length(comment) AS size
           FROM scores FINAL WHERE project = {project:String} ORDER BY id`,
        );

      test('are visible at once, and keep every character', async () => {
        freshProject();
        await store.putScores([score('a', 0.5), score('b', null)]);
        expect(await kept()).toEqual([
          {
            id: 'a',
            value: 0.5,
            name: score('a', 0).name,
            traceId: 'a1'.repeat(16),
            tokens: '18000000',
            size: '10000',
          },
          expect.objectContaining({ id: 'b', value: null }),
        ]);
        await store.putScores([]);
      });

      test('are replaced by a later one of the same id, and taken away', async () => {
        freshProject();
        for (const value of [1, 2, 3]) await store.putScores([score('a', value), score('b', value)]);
        expect((await kept()).map(({ id, value }) => [id, value])).toEqual([
          ['a', 3],
          ['b', 3],
        ]);
        await store.putScores([{ ...score('a', 3), isDeleted: true }]);
        expect((await kept()).map(({ id }) => id)).toEqual(['b']);
        await store.putScores([score('a', 4)]);
        expect((await kept()).map(({ value }) => value)).toEqual([4, 3]);
      });
    });

    describe('keeping house', () => {
      test('usage tells rows and bytes of every table', async () => {
        const usage = await store.usage();
        expect(usage.map(({ name: table }) => table)).toEqual(
          expect.arrayContaining(['spans', 'trace_summaries', 'ledger']),
        );
        for (const { rows: held, bytes } of usage) expect([held > 0, bytes > 0]).toEqual([true, true]);
      });

      test('finds everything where it should be, and as it was written', async () => {
        const checks: number[] = [];
        await store.verify(async (workedMs) => checks.push(workedMs) > 0);
        expect(await store.missingTables()).toEqual([]);
        const { excessGrants, ...condition } = await store.inspect();
        expect(condition).toEqual({
          missingTables: [],
          damagedParts: [],
          restored: [],
          isInventoryLost: false,
        });
        // The one user of a server in tests may do everything.
        expect(excessGrants.includes('FILE')).toBe(store.engine.kind === 'clickhouse');
      });

      test('retention drops whole days per signal, and the cap the oldest days', async () => {
        freshProject();
        const daysAgo = (days: bigint): ReturnType<typeof unixNano> => unixNano(testNow - days * dayNanos);
        const spans = [0n, 3n, 20n, 40n].map((days) => ({
          trace: `a${days}`,
          span: `b${days}`,
          start: daysAgo(days),
        }));
        await loader.load('traces', [recordOf('traces', spansRequest('s', spans), { project })]);
        const log = { timeUnixNano: String(daysAgo(20n)), body: { stringValue: 'old' } };
        const request = {
          resourceLogs: [
            { resource: { attributes: attributesOf({ a: 1 }) }, scopeLogs: [{ logRecords: [log] }] },
          ],
        };
        await loader.load('logs', [recordOf('logs', request, { project })]);
        const left = async (): Promise<readonly number[]> => [
          await count('spans'),
          await count('trace_starts'),
          await count('logs'),
        ];
        await store.enforceRetention({ days: { traces: 30, logs: 30, metrics: 30 }, capBytes: null });
        expect(await left()).toEqual([3, 3, 1]);
        await store.enforceRetention({ days: { traces: 30, logs: 10, metrics: 30 }, capBytes: null });
        expect(await left()).toEqual([3, 3, 0]);
        const bytes = async (): Promise<number> =>
          (await store.usage()).reduce((sum, table) => sum + table.bytes, 0);
        // Other tests left days of their own, so the cap is lowered until it is our turn.
        while ((await count('spans')) === 3)
          await store.enforceRetention({
            days: { traces: 30, logs: 30, metrics: 30 },
            capBytes: (await bytes()) - 1,
          });
        expect(await left()).toEqual([2, 2, 0]);
        expect(
          await rows(
            'SELECT min(start_time) = max(start_time) - INTERVAL 3 DAY AS kept FROM spans WHERE project = {project:String}',
          ),
        ).toEqual([{ kept: 1 }]);
        const days = { traces: 30, logs: 30, metrics: 30 };
        const { bytesLeft } = await store.enforceRetention({ days, capBytes: 0 });
        expect(await left()).toEqual([1, 1, 0]);
        // What is of today stays, and is told of.
        expect(bytesLeft).toBeGreaterThan(0);
        expect(await store.enforceRetention({ days, capBytes: null })).toMatchObject({
          bytesLeft: expect.any(Number),
        });
        // Nothing of it is missed, nor of what was deleted before.
        expect((await store.inspect()).damagedParts).toEqual([]);
      });

      test('migrating again changes nothing', async () => {
        const before = await rows(
          'SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name',
        );
        await Promise.all([store.migrate(), store.migrate()]);
        const after = await rows(
          'SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name',
        );
        expect(after).toEqual(before);
      });
    });
  });
}
