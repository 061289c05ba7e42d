import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { RetentionPolicy } from '../storage/telemetry-store.ts';
import type { CatalogDatabase } from './catalog.ts';
import { settings } from './tables.ts';

const stored = z.object({
  days: z.object({ traces: z.number(), logs: z.number(), metrics: z.number() }),
  capBytes: z.number().nullable(),
});

/** The retention set through the API, or undefined while the options' values hold. */
export async function readRetention(db: CatalogDatabase): Promise<RetentionPolicy | undefined> {
  const [row] = await db.select().from(settings).where(eq(settings.name, 'retention'));
  return row === undefined ? undefined : stored.parse(row.value);
}

export async function writeRetention(db: CatalogDatabase, policy: RetentionPolicy): Promise<void> {
  await db
    .insert(settings)
    .values({ name: 'retention', value: policy })
    .onConflictDoUpdate({ target: settings.name, set: { value: policy, updatedAt: sql`now()` } });
}
