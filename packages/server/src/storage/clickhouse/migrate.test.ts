import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SightlineError } from '@sightline/schema/errors';
import { openEmbedded } from './embedded-engine.ts';
import type { ClickHouseEngine } from './engine.ts';
import { migrate, type Migration, readMigrations } from './migrate.ts';
import { ownSettings } from './query-settings.ts';
import { tableNames } from './table-names.ts';

describe('migrate', { timeout: 120_000 }, () => {
  let directory: string;
  let engine: ClickHouseEngine;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'sightline-migrate-'));
    engine = openEmbedded({ directory, database: 'sightline', writers: 1, readers: 1 });
  });
  afterEach(async () => {
    await engine.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const values = async (sql: string): Promise<readonly unknown[]> =>
    (await engine.select({ sql, params: {}, settings: ownSettings })).data.map(
      (row) => Object.values(row as object)[0],
    );
  const schema = (): Promise<readonly unknown[]> =>
    values('SELECT create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name');

  test('makes every table, and records its version once', async () => {
    await migrate(engine);
    await migrate(engine);
    expect(await values('SELECT name FROM system.tables WHERE database = currentDatabase()')).toEqual(
      expect.arrayContaining([...tableNames]),
    );
    const versions = readMigrations().map(({ version }) => version);
    expect(await values('SELECT version FROM schema_migrations ORDER BY version')).toEqual(versions);
    expect(versions).toEqual(versions.map((_, at) => (versions[0] ?? 0) + at));
  });

  test('finishes what an interrupted run began, after any statement', async () => {
    const migrations = readMigrations();
    let interruptAfter = 0;
    let done = 0;
    const interrupted: ClickHouseEngine = {
      ...engine,
      command: async (sql) => {
        if (done === interruptAfter) throw new Error('Interrupted.');
        await engine.command(sql);
        done += 1;
      },
    };
    for (const [at, { statements }] of migrations.entries())
      for (interruptAfter = 0; interruptAfter <= statements.length + 1; interruptAfter += 1) {
        done = 0;
        const known = migrations.slice(0, at + 1);
        await expect(migrate(interrupted, known)).rejects.toThrow('Interrupted.');
      }
    await migrate(engine);
    const afterwards = await schema();
    await migrate(engine);
    expect(await schema()).toEqual(afterwards);
    expect(afterwards.length).toBeGreaterThan(tableNames.length);
  });

  test('refuses data of a version before the first schema, and changes nothing', async () => {
    await migrate(engine, []);
    await engine.command("INSERT INTO schema_migrations (version, name) VALUES (19, 'a'), (20, 'b')");
    const before = await schema();
    const failure = await migrate(engine).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SightlineError);
    expect(failure).toMatchObject({
      code: 'data_from_older_version',
      message: expect.stringContaining(
        `schema has version 20, and this program begins with ${readMigrations()[0]?.version}`,
      ) as unknown,
      hint: expect.stringContaining('--data') as unknown,
    });
    expect(await schema()).toEqual(before);
  });

  test('applies only what is missing', async () => {
    const steps: Migration[] = [
      {
        version: 1,
        name: 'one',
        statements: ['CREATE TABLE IF NOT EXISTS {{a}} (x Int8) ENGINE = {{engine MergeTree}} ORDER BY x'],
      },
    ];
    await migrate(engine, steps);
    steps.push({
      version: 2,
      name: 'two',
      statements: ['ALTER TABLE {{a}} ADD COLUMN IF NOT EXISTS y Int8'],
    });
    await migrate(engine, steps);
    expect(
      await values("SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'a'"),
    ).toEqual(['x', 'y']);
  });

  test('refuses data of a newer version', async () => {
    await migrate(engine);
    await engine.command("INSERT INTO schema_migrations (version, name) VALUES (9999, 'future')");
    const failure = await migrate(engine).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SightlineError);
    expect(failure).toMatchObject({ code: 'data_from_newer_version' });
  });
});
