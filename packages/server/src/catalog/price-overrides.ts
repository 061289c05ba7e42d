import type { PriceOverride } from '@sightline/schema/conventions';
import type { CatalogDatabase, SqlRunner } from './catalog-database.ts';

interface Row {
  readonly project: string;
  readonly model: string;
  readonly provider: string | null;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number | null;
  readonly cacheWrite: number | null;
  readonly reasoning: number | null;
  readonly request: number | null;
}

/** The overrides of every project that has some, in their order. */
export async function readPriceOverrides(
  db: SqlRunner,
): Promise<ReadonlyMap<string, readonly PriceOverride[]>> {
  const rows = await db.query<Row>(
    `SELECT project, model, provider, input, output, cache_read AS "cacheRead", cache_write AS "cacheWrite", reasoning, request
     FROM price_overrides ORDER BY project, position`,
  );
  const byProject = Map.groupBy(rows, ({ project }) => project);
  return new Map([...byProject].map(([project, own]) => [project, own.map(overrideOf)]));
}

/** Puts these in the place of the project's overrides. */
export async function writePriceOverrides(
  db: CatalogDatabase,
  project: string,
  overrides: readonly PriceOverride[],
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query('DELETE FROM price_overrides WHERE project = $1', [project]);
    for (const [position, each] of overrides.entries()) {
      await tx.query(
        `INSERT INTO price_overrides (project, position, model, provider, input, output, cache_read, cache_write, reasoning, request)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
        [
          project,
          position,
          each.model,
          each.provider ?? null,
          each.input,
          each.output,
          each.cacheRead ?? null,
          each.cacheWrite ?? null,
          each.reasoning ?? null,
          each.request ?? null,
        ],
      );
    }
  });
}

function overrideOf(row: Row): PriceOverride {
  const { model, provider, input, output, cacheRead, cacheWrite, reasoning, request } = row;
  return {
    model,
    ...(provider === null ? {} : { provider }),
    input,
    output,
    ...(cacheRead === null ? {} : { cacheRead }),
    ...(cacheWrite === null ? {} : { cacheWrite }),
    ...(reasoning === null ? {} : { reasoning }),
    ...(request === null ? {} : { request }),
  };
}
