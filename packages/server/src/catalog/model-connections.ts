import type { ModelProtocol } from '@sightline/schema/api';
import type { SqlRunner } from './catalog-database.ts';

/** Where models are asked. The key is in a variable of the server's environment, or here, sealed. */
export interface StoredConnection {
  readonly id: string;
  readonly name: string;
  readonly protocol: ModelProtocol;
  readonly baseUrl: string;
  readonly keyVariable: string | null;
  readonly sealedKey: string | null;
  readonly createdAt: Date;
}

export const connectionsMax = 100;

const columns = `id::text AS id, name, protocol, base_url AS "baseUrl", key_variable AS "keyVariable", sealed_key AS "sealedKey",
  created_at AS "createdAt"`;

export async function listConnections(db: SqlRunner, project: string): Promise<readonly StoredConnection[]> {
  return db.query(`SELECT ${columns} FROM model_connections WHERE project = $1 ORDER BY name`, [project]);
}

/** One of the same name is replaced, key and all. */
export async function saveConnection(
  db: SqlRunner,
  project: string,
  { name, protocol, baseUrl, keyVariable, sealedKey }: Omit<StoredConnection, 'id' | 'createdAt'>,
): Promise<void> {
  await db.query(
    `INSERT INTO model_connections (project, name, protocol, base_url, key_variable, sealed_key) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (project, name) DO UPDATE SET protocol = EXCLUDED.protocol, base_url = EXCLUDED.base_url,
       key_variable = EXCLUDED.key_variable, sealed_key = EXCLUDED.sealed_key`,
    [project, name, protocol, baseUrl, keyVariable, sealedKey],
  );
}

export async function deleteConnection(db: SqlRunner, project: string, name: string): Promise<boolean> {
  const rows = await db.query('DELETE FROM model_connections WHERE project = $1 AND name = $2 RETURNING id', [
    project,
    name,
  ]);
  return rows.length > 0;
}
