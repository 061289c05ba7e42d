import { z } from 'zod';
import type { RetentionPolicy } from '../storage/telemetry-store.ts';
import type { SqlRunner } from './catalog-database.ts';

export const retentionPolicy = z.object({
  days: z.object({ traces: z.number(), logs: z.number(), metrics: z.number() }),
  capBytes: z.number().nullable(),
});

/** The retention set through the API, or undefined while the options' values hold. */
export async function readRetention(db: SqlRunner): Promise<RetentionPolicy | undefined> {
  const [row] = await db.query<{ value: unknown }>("SELECT value FROM settings WHERE name = 'retention'");
  return row === undefined ? undefined : retentionPolicy.parse(row.value);
}

export async function writeRetention(db: SqlRunner, policy: RetentionPolicy): Promise<void> {
  await db.query(
    `INSERT INTO settings (name, value) VALUES ('retention', $1)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = now()`,
    [JSON.stringify(policy)],
  );
}
