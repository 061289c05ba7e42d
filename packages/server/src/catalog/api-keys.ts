import { createHash, randomBytes } from 'node:crypto';
import type { KeyScope } from '@sightline/schema/api';
import type { SqlRunner } from './catalog-database.ts';

/** What an open key gives its holder. */
export interface KeyGrant {
  readonly project: string;
  readonly scopes: readonly KeyScope[];
  /** Null: as many as come. */
  readonly requestsPerMinute: number | null;
}

export interface ApiKey extends KeyGrant {
  readonly id: string;
  readonly name: string;
  /** The first characters, to tell keys apart. */
  readonly prefix: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

const grantColumns = 'project, scopes, requests_per_minute AS "requestsPerMinute"';
const columns = `id, name, prefix, ${grantColumns}, created_at AS "createdAt", revoked_at AS "revokedAt"`;

/** Makes a key and returns it; it cannot be read again, since only its hash is kept. */
export async function createApiKey(
  db: SqlRunner,
  { project, name, scopes, requestsPerMinute }: KeyGrant & { readonly name: string },
): Promise<ApiKey & { readonly key: string }> {
  const key = `sl_${randomBytes(24).toString('base64url')}`;
  const [row] = await db.query<ApiKey>(
    `INSERT INTO api_keys (project, name, prefix, hash, scopes, requests_per_minute)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${columns}`,
    [project, name, key.slice(0, 9), hashSecret(key), scopes, requestsPerMinute],
  );
  if (row === undefined) throw new Error('The new key was not returned.');
  return { ...row, key };
}

export async function listApiKeys(db: SqlRunner, project: string): Promise<readonly ApiKey[]> {
  return db.query(`SELECT ${columns} FROM api_keys WHERE project = $1 ORDER BY created_at DESC`, [project]);
}

/** Closes a key. False when the project has no open key of this id. */
export async function revokeApiKey(
  db: SqlRunner,
  { project, id }: { readonly project: string; readonly id: string },
): Promise<boolean> {
  const rows = await db.query(
    'UPDATE api_keys SET revoked_at = now() WHERE project = $1 AND id::text = $2 AND revoked_at IS NULL RETURNING id',
    [project, id],
  );
  return rows.length > 0;
}

/** What an open key gives, or undefined. */
export async function findGrantOfKey(db: SqlRunner, hash: string): Promise<KeyGrant | undefined> {
  const [row] = await db.query<KeyGrant>(
    `SELECT ${grantColumns} FROM api_keys WHERE hash = $1 AND revoked_at IS NULL`,
    [hash],
  );
  return row;
}

/** Of all projects, as far as anybody makes keys. */
const openKeysMax = 10_000;

/** The hashes of the newest open keys, with what they give. */
export async function listOpenKeys(
  db: SqlRunner,
): Promise<readonly (KeyGrant & { readonly hash: string })[]> {
  return db.query(
    `SELECT hash, ${grantColumns} FROM api_keys WHERE revoked_at IS NULL ORDER BY created_at DESC LIMIT ${openKeysMax}`,
  );
}

/** Keys of the API and secrets of links carry 192 random bits, so a plain SHA-256 is enough to keep them. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
