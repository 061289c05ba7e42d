/**
 * What deriving the normal fields adds to ingest: CPU time of admitting and loading batches of spans, with the derived columns and without them. One in ten
 * spans is a call of a model, and what such calls become (rows of ai_spans, prices) is part of deriving.
 *
 *     npm run bench -- derive
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, systemClock } from '@sightline/base';
import { clickHouseStore } from '../packages/server/src/storage/clickhouse/clickhouse-store.ts';
import { openEmbedded } from '../packages/server/src/storage/clickhouse/embedded-engine.ts';
import type { ClickHouseEngine } from '../packages/server/src/storage/clickhouse/engine.ts';
import { generateSegments, type ScaleSegment } from './scale-data.ts';

const spansPerLoad = 20_000;
const rounds = 10;
const clock = systemClock();

function makeSegments(count: number): readonly ScaleSegment[] {
  const to = clock.now();
  return [
    ...generateSegments({
      seed: 11,
      project: 'default',
      fromUnixNano: to - 3_600_000_000_000n,
      toUnixNano: to,
      spanCount: count * spansPerLoad,
      segmentBytes: spansPerLoad * 612,
    }),
  ];
}

/** The same statement without what is derived: no span is a step of an agent then. */
function withoutDerived(engine: ClickHouseEngine): ClickHouseEngine {
  return {
    ...engine,
    insertFile: async (request) =>
      engine.insertFile({
        ...request,
        insert: (source) => {
          const sql = request.insert(source);
          return sql.startsWith('INSERT INTO spans ') ? plain(sql) : sql;
        },
      }),
  };
}

function plain(sql: string): string {
  const found =
    /^INSERT INTO spans \((?<names>[^)]*)\)\nSELECT (?<values>[\s\S]*?)\nFROM (?<from>\(SELECT \*, [\s\S]*)$/.exec(
      sql,
    );
  assert(found?.groups !== undefined, 'The statement has its known form');
  const { names = '', values = '', from = '' } = found.groups;
  const columns = names.split(', ');
  const expressions = values.split(',\n  ');
  assert(columns.length === expressions.length, 'An expression for each column');
  const kept = columns.flatMap((name, at) =>
    /\bderived\b/.test(expressions[at] ?? '') ? [] : [[name, expressions[at]]],
  );
  const start = from.indexOf(' AS text_flags, ') + ' AS text_flags'.length;
  const end = from.indexOf(' AS derived\n') + ' AS derived'.length;
  assert(
    start > ' AS text_flags'.length && end > start && kept.length < columns.length,
    'Something is derived',
  );
  return `INSERT INTO spans (${kept.map(([name]) => name).join(', ')}, operation)
    SELECT ${kept.map(([, value]) => value).join(', ')}, 'other' FROM ${from.slice(0, start)}${from.slice(end)}`;
}

async function cpuOf(change: (engine: ClickHouseEngine) => ClickHouseEngine): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-derive-'));
  const engine = openEmbedded({
    directory: join(directory, 'store'),
    database: 'sightline',
    writers: 1,
    readers: 1,
  });
  const store = clickHouseStore(change(engine), clock);
  await store.migrate();
  const times: number[] = [];
  for (const [serial, segment] of makeSegments(rounds).entries()) {
    const path = join(directory, 'segment');
    writeFileSync(path, segment.bytes);
    const began = process.cpuUsage();
    await store.load({ signal: 'traces', path, byteLength: segment.bytes.length, token: `derive-${serial}` });
    const { user, system } = process.cpuUsage(began);
    times.push((user + system) / segment.spans);
  }
  await store.close();
  rmSync(directory, { recursive: true });
  return times.toSorted((a, b) => a - b)[2] ?? NaN;
}

console.log(
  `${cpus().length} × ${cpus()[0]?.model ?? ''}, load ${(loadavg()[0] ?? 0).toFixed(1)}; loads of ${spansPerLoad} spans, the third best of ${rounds}\n`,
);
const without = await cpuOf(withoutDerived);
const whole = await cpuOf((engine) => engine);
console.log('| CPU µs a span, loading | |\n| --- | ---: |');
console.log(`| without derived fields | ${without.toFixed(1)} |`);
console.log(
  `| with them, their rows of ai_spans and prices | ${whole.toFixed(1)} (+${((100 * (whole - without)) / without).toFixed(0)} %) |`,
);
