import { createHash, randomBytes } from 'node:crypto';
import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import type { CatalogDatabase } from './catalog.ts';
import { apiKeys } from './tables.ts';

export interface ApiKey {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  /** The first characters, to tell keys apart. */
  readonly prefix: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

/** Makes a key and returns it; it cannot be read again, since only its hash is kept. */
export async function createApiKey(
  db: CatalogDatabase,
  { project, name }: { readonly project: string; readonly name: string },
): Promise<ApiKey & { readonly key: string }> {
  const key = `sl_${randomBytes(24).toString('base64url')}`;
  const [row] = await db
    .insert(apiKeys)
    .values({ project, name, prefix: key.slice(0, 9), hash: hashApiKey(key) })
    .returning(visibleColumns);
  if (row === undefined) throw new Error('The new key was not returned.');
  return { ...row, key };
}

export async function listApiKeys(db: CatalogDatabase): Promise<readonly ApiKey[]> {
  return db.select(visibleColumns).from(apiKeys).orderBy(desc(apiKeys.createdAt));
}

/** Closes a key. False when there is no open key of this id. */
export async function revokeApiKey(db: CatalogDatabase, id: string): Promise<boolean> {
  const rows = await db
    .update(apiKeys)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id });
  return rows.length > 0;
}

/** The project an open key belongs to, or undefined. */
export async function findProjectOfKey(db: CatalogDatabase, hash: string): Promise<string | undefined> {
  const [row] = await db
    .select({ project: apiKeys.project })
    .from(apiKeys)
    .where(and(eq(apiKeys.hash, hash), isNull(apiKeys.revokedAt)));
  return row?.project;
}

/** Keys carry 192 random bits, so a plain SHA-256 is enough to keep them. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

const visibleColumns = {
  id: apiKeys.id,
  project: apiKeys.project,
  name: apiKeys.name,
  prefix: apiKeys.prefix,
  createdAt: apiKeys.createdAt,
  revokedAt: apiKeys.revokedAt,
};
