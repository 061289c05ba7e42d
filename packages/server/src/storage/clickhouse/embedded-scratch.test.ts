import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbedded } from './embedded-engine.ts';

test('a disk that cannot be written to is no fault of what is loaded', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-scratch-'));
  const engine = openEmbedded({ directory, database: 'sightline', writers: 1, readers: 1 });
  try {
    rmSync(join(directory, 'scratch'), { recursive: true });
    const insert = engine.insertBytes({
      bytes: [],
      format: { name: 'Native' },
      structure: 'name String',
      insert: (source) => `INSERT INTO rows SELECT name FROM ${source}`,
      settings: {},
    });
    await expect(insert).rejects.toMatchObject({ name: 'StoreError', kind: 'unavailable' });
  } finally {
    await engine.close();
    rmSync(directory, { recursive: true });
  }
});
