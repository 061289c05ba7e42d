/** Statements that are ended at any moment, on one session: what one had written already never stands in the answer of another. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbedded } from './embedded-engine.ts';

test('an answer holds nothing of a statement that was ended before', { timeout: 120_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-ended-'));
  const engine = openEmbedded({ directory, database: 'sightline', writers: 1, readers: 1 });
  try {
    let ended = 0;
    for (let nr = 0; nr < 150; nr += 1) {
      // Its time is over while it is being ended from outside, too.
      const abort = new AbortController();
      const failing = engine
        .select({
          sql: 'SELECT count() FROM numbers(1000000) a, numbers(1000000) b WHERE a.number % 7 = b.number % 11',
          params: {},
          settings: { max_execution_time: 0.02 },
          signal: abort.signal,
        })
        .catch(() => {
          ended += 1;
        });
      setTimeout(() => abort.abort(), 15 + (nr % 15));
      const answer = engine.select({ sql: `SELECT ${nr} AS nr`, params: {}, settings: {} });
      await failing;
      expect((await answer).data).toEqual([{ nr }]);
    }
    expect(ended).toBeGreaterThan(10);
  } finally {
    await engine.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
