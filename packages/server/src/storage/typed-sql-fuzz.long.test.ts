import { expect, test } from 'vitest';
import { startClickHouse } from './testing/clickhouse-server.ts';
import { fuzzTypedSql } from './testing/run-typed-sql-fuzz.ts';
import { TypedSqlTrial } from './testing/typed-sql-trial.ts';

const minutes = Number(process.env['SIGHTLINE_TEST_MINUTES'] ?? 3);

test.each(['embedded', 'server'])(
  'no statement of a fuzzer gets out: %s',
  { timeout: (minutes + 3) * 60_000 },
  async (kind) => {
    const servers = kind === 'server' ? await startClickHouse() : undefined;
    const trial = await TypedSqlTrial.open(
      servers === undefined ? undefined : { urls: servers.urls, typedUrls: servers.readerUrls },
    );
    try {
      const first = Number(process.env['SIGHTLINE_TEST_SEED'] ?? Date.now() % 2 ** 31);
      const end = performance.now() + minutes * 60_000;
      for (let seed = first; performance.now() < end; seed += 1) {
        const counts = await fuzzTypedSql(trial, { seed, countMax: 2000, timeMsMax: 60_000 });
        expect(counts.answered).toBeGreaterThan(0);
      }
    } finally {
      await trial.close();
      await servers?.close();
    }
  },
);
