import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApiKey, findProjectOfKey, hashApiKey, listApiKeys, revokeApiKey } from './api-keys.ts';
import { type Catalog, openCatalog } from './catalog.ts';
import { readRetention, writeRetention } from './retention-settings.ts';

describe('the embedded control plane', () => {
  let directory: string;
  let catalog: Catalog;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'sightline-catalog-'));
    catalog = await openCatalog({ directory });
  });

  afterEach(async () => {
    await catalog.close();
    rmSync(directory, { recursive: true });
  });

  it('opens a project with a key until the key is revoked, and never keeps the key itself', async () => {
    const made = await createApiKey(catalog.db, { project: 'default', name: 'ci' });
    expect(await findProjectOfKey(catalog.db, hashApiKey(made.key))).toBe('default');
    expect(JSON.stringify(await listApiKeys(catalog.db))).not.toContain(made.key);

    expect(await revokeApiKey(catalog.db, made.id)).toBe(true);
    expect(await revokeApiKey(catalog.db, made.id)).toBe(false);
    expect(await findProjectOfKey(catalog.db, hashApiKey(made.key))).toBeUndefined();
  });

  it('keeps keys and settings across a restart', async () => {
    const made = await createApiKey(catalog.db, { project: 'default', name: 'ci' });
    const policy = { days: { traces: 7, logs: 3, metrics: 90 }, capBytes: 1e9 };
    await writeRetention(catalog.db, policy);
    await catalog.close();
    catalog = await openCatalog({ directory });
    expect(await findProjectOfKey(catalog.db, hashApiKey(made.key))).toBe('default');
    expect(await readRetention(catalog.db)).toEqual(policy);
  });

  it('refuses a database written by a newer version, and leaves it as it is', async () => {
    await catalog.db.execute(sql`INSERT INTO schema_migrations (name) VALUES ('9999-from-the-future.sql')`);
    await catalog.close();
    await expect(openCatalog({ directory })).rejects.toMatchObject({ code: 'data_from_newer_version' });
    catalog = await openCatalog({ directory: join(directory, 'other') });
  });
});
