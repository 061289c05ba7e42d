/** A process that exits with code 7 while an insert is planned, waits or is being written, or tells how many rows are there: `<directory> planning|waiting|writing|count`. */
import { setTimeout as delay } from 'node:timers/promises';
import { ensure } from '@sightline/base';
import { openEmbedded } from '../clickhouse/embedded-engine.ts';

const [, , directory = '', when] = process.argv;
const engine = openEmbedded({ directory, database: 'sightline', writers: 1, readers: 1, planners: 1 });
if (when === 'count') {
  const sql = 'SELECT toUInt32(count()) AS n FROM words';
  const { data } = await engine.select({ sql, params: {}, settings: { max_execution_time: 10 } });
  process.stdout.write(String((data[0] as { n: number }).n));
  await engine.close();
  process.exit(0);
}
await engine.command('CREATE TABLE words (word String) ENGINE = MergeTree ORDER BY ()');
const insert = ensure(
  engine.planInsert({
    schema: { proto: 'syntax = "proto3"; message Word { string word = 1; }', message: 'Word' },
    structure: 'word String',
    insert: (source) => `INSERT INTO words SELECT word FROM ${source}`,
    settings: { min_insert_block_size_rows: 1_000_000_000, max_insert_threads: 1, max_threads: 1 },
  }),
  'a plan',
);
if (when !== 'planning') await insert.ready;
if (when === 'writing') {
  const word = Buffer.from([6, 0x0a, 4, 0x61, 0x62, 0x63, 0x64]);
  void insert.run(Buffer.concat(Array.from({ length: 500_000 }, () => word)));
  await delay(5);
}
process.exit(7);
