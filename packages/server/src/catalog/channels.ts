import { type ChannelInput, type ChannelSettings, channelSettings } from '@sightline/schema/api';
import type { SqlRunner } from './catalog-database.ts';
import { decodeReadable, readDocument } from './stored-documents.ts';

export interface StoredChannel {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  /** With the secrets: what leaves the server is masked. */
  readonly settings: ChannelSettings;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const columns =
  'id::text AS id, project, name, settings, created_at AS "createdAt", updated_at AS "updatedAt"';

/** More would not be looked through by anybody. */
export const channelsMax = 200;

export async function listChannels(db: SqlRunner, project: string): Promise<readonly StoredChannel[]> {
  const rows = await db.query<StoredChannel>(
    `SELECT ${columns} FROM channels WHERE project = $1 ORDER BY name`,
    [project],
  );
  return decodeReadable(rows, decode);
}

export async function findChannel(
  db: SqlRunner,
  { project, id }: { readonly project: string; readonly id: string },
): Promise<StoredChannel | undefined> {
  const [row] = await db.query<StoredChannel>(
    `SELECT ${columns} FROM channels WHERE project = $1 AND id::text = $2`,
    [project, id],
  );
  return row === undefined ? undefined : decode(row);
}

/** Undefined where the project has one of this name, or as many as it may have. */
export async function createChannel(
  db: SqlRunner,
  project: string,
  { name, settings }: ChannelInput,
): Promise<StoredChannel | undefined> {
  const [row] = await db.query<StoredChannel>(
    `INSERT INTO channels (project, name, settings) SELECT $1, $2, $3::jsonb
     WHERE (SELECT count(*) FROM channels WHERE project = $1) < ${channelsMax}
     ON CONFLICT (project, name) DO NOTHING RETURNING ${columns}`,
    [project, name, JSON.stringify(settings)],
  );
  return row === undefined ? undefined : decode(row);
}

/** Undefined where the project has none of this id, or another of this name. */
export async function changeChannel(
  db: SqlRunner,
  { project, id }: { readonly project: string; readonly id: string },
  { name, settings }: ChannelInput,
): Promise<StoredChannel | undefined> {
  const [row] = await db.query<StoredChannel>(
    `UPDATE channels SET name = $3, settings = $4::jsonb, updated_at = now() WHERE project = $1 AND id::text = $2
       AND NOT EXISTS (SELECT FROM channels AS other WHERE other.project = $1 AND other.name = $3 AND other.id::text <> $2)
     RETURNING ${columns}`,
    [project, id, name, JSON.stringify(settings)],
  );
  return row === undefined ? undefined : decode(row);
}

export async function deleteChannel(
  db: SqlRunner,
  { project, id }: { readonly project: string; readonly id: string },
): Promise<boolean> {
  const rows = await db.query('DELETE FROM channels WHERE project = $1 AND id::text = $2 RETURNING id', [
    project,
    id,
  ]);
  return rows.length > 0;
}

function decode(row: StoredChannel): StoredChannel {
  return { ...row, settings: readDocument(channelSettings, row.settings, `channel "${row.name}"`) };
}
