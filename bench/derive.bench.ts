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
import { derivedStructure } from '../packages/server/src/storage/clickhouse/load/derived-fields.ts';
import { loadSegment } from '../packages/server/src/storage/clickhouse/load/load-segment.ts';
import type { SegmentFile } from '../packages/server/src/storage/telemetry-store.ts';
import { generateSegments, type ScaleSegment } from './scale-data.ts';

const spansPerLoad = 20_000;
const rounds = 20;
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
    /\.derived\./.test(expressions[at] ?? '') ? [] : [[name, expressions[at]]],
  );
  assert(kept.length < columns.length, 'Something is derived');
  return `INSERT INTO spans (${kept.map(([name]) => name).join(', ')}, operation)
    SELECT ${kept.map(([, value]) => value).join(', ')}, 'other' FROM ${from}`;
}

const directory = mkdtempSync(join(tmpdir(), 'sightline-derive-'));
const engine = openEmbedded({
  directory: join(directory, 'store'),
  database: 'sightline',
  writers: 1,
  readers: 1,
});
const store = clickHouseStore(engine, clock);
await store.migrate();
// They would fall to whichever load is under way.
await engine.command('SYSTEM STOP MERGES');

const loads = {
  whole: async (segment: SegmentFile) => loadSegment(engine, segment),
  plain: async (segment: SegmentFile) =>
    loadSegment(
      {
        ...engine,
        insertBytes: async (request) =>
          engine.insertBytes({
            ...request,
            structure: request.structure.replace(`, ${derivedStructure}`, ''),
            insert: (source) => {
              const sql = request.insert(source);
              return sql.startsWith('INSERT INTO spans ') ? plain(sql) : sql;
            },
          }),
      },
      segment,
      async (_signal, bytes) => bytes,
    ),
};

async function cpuOf(kind: keyof typeof loads, segment: ScaleSegment, token: string): Promise<number> {
  const path = join(directory, 'segment');
  writeFileSync(path, segment.bytes);
  const began = process.cpuUsage();
  await loads[kind]({ signal: 'traces', path, byteLength: segment.bytes.length, token });
  const { user, system } = process.cpuUsage(began);
  return (user + system) / segment.spans;
}

/** In turn, since a machine is not as fast from one minute to the next. */
const times = { plain: [] as number[], whole: [] as number[] };
for (const [serial, segment] of makeSegments(rounds).entries())
  for (const kind of serial % 2 === 0 ? (['plain', 'whole'] as const) : (['whole', 'plain'] as const))
    times[kind].push(await cpuOf(kind, segment, `derive-${serial}-${kind}`));
await store.close();
rmSync(directory, { recursive: true });

const quarter = (list: readonly number[]) =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 4)] ?? NaN;
const [without, whole] = [quarter(times.plain), quarter(times.whole)];
console.log(
  `${cpus().length} × ${cpus()[0]?.model ?? ''}, load ${(loadavg()[0] ?? 0).toFixed(1)}; loads of ${spansPerLoad} spans in turn, the best quarter of ${rounds} each is faster than\n`,
);
console.log('| CPU µs a span, loading | |\n| --- | ---: |');
console.log(`| without derived fields | ${without.toFixed(1)} |`);
console.log(
  `| with them, their rows of ai_spans and prices | ${whole.toFixed(1)} (+${((100 * (whole - without)) / without).toFixed(0)} %) |`,
);
