/** Source maps of built programs, by release and built file, bounded by project. */
import { sourceMapsBytesMax, sourceMapsMax } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { CatalogDatabase, SqlRunner } from './catalog-database.ts';

export interface SourceMapPlace {
  readonly release: string;
  /** As it was uploaded: `~/assets/main.js`. */
  readonly file: string;
}

export interface StoredRelease {
  readonly release: string;
  readonly uploadedAt: Date;
  readonly bytes: number;
  readonly files: readonly string[];
}

/** What one project has. */
export interface SourceMapShelf {
  list(releases: readonly string[]): Promise<readonly SourceMapPlace[]>;
  /** Packed with gzip; undefined where it is gone. */
  read(place: SourceMapPlace): Promise<Uint8Array | undefined>;
}

export const sourceMapShelf = (db: SqlRunner, project: string): SourceMapShelf => ({
  list: async (releases) =>
    db.query<SourceMapPlace>(
      'SELECT release, file FROM source_maps WHERE project = $1 AND release = ANY($2::text[]) ORDER BY release, file',
      [project, [...releases]],
    ),
  read: async ({ release, file }) => {
    const [row] = await db.query<{ content: Uint8Array }>(
      'SELECT content FROM source_maps WHERE project = $1 AND release = $2 AND file = $3',
      [project, release, file],
    );
    return row?.content;
  },
});

/** The newest first. */
export async function listSourceMaps(db: SqlRunner, project: string): Promise<readonly StoredRelease[]> {
  const rows = await db.query<Omit<StoredRelease, 'bytes'> & { bytes: string | number }>(
    `SELECT release, max(uploaded_at) AS "uploadedAt", sum(bytes) AS bytes, array_agg(file ORDER BY file) AS files
     FROM source_maps WHERE project = $1 GROUP BY release ORDER BY max(uploaded_at) DESC, release`,
    [project],
  );
  return rows.map((row) => ({ ...row, bytes: Number(row.bytes) }));
}

/**
 * Keeps a map in place of the one of the same release and file, and drops the oldest releases beyond the bounds of a
 * project. Gives those that were dropped.
 * @throws SightlineError `bad_source_map` when the maps of this release alone are beyond the bounds.
 */
export async function keepSourceMap(
  db: CatalogDatabase,
  {
    project,
    release,
    file,
    content,
  }: SourceMapPlace & { readonly project: string; readonly content: Uint8Array },
): Promise<readonly string[]> {
  return db.transaction(async (tx) => {
    // Servers that take maps of one project at the same time count one after the other.
    await tx.query('SELECT id FROM projects WHERE id = $1 FOR UPDATE', [project]);
    await tx.query(
      `INSERT INTO source_maps (project, release, file, bytes, content, uploaded_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp())
       ON CONFLICT (project, release, file)
       DO UPDATE SET bytes = excluded.bytes, content = excluded.content, uploaded_at = excluded.uploaded_at`,
      [project, release, file, content.byteLength, content],
    );
    const releases = await listSourceMaps(tx, project);
    const dropped = beyondBounds(releases);
    if (dropped.includes(release)) throw tooMany(release);
    if (dropped.length > 0)
      await tx.query('DELETE FROM source_maps WHERE project = $1 AND release = ANY($2::text[])', [
        project,
        dropped,
      ]);
    return dropped;
  });
}

/** Of releases, the newest first, those from which on the bounds are passed. */
export function beyondBounds(
  releases: readonly Pick<StoredRelease, 'release' | 'bytes' | 'files'>[],
): string[] {
  let files = 0;
  let bytes = 0;
  const first = releases.findIndex((each) => {
    files += each.files.length;
    bytes += each.bytes;
    return files > sourceMapsMax || bytes > sourceMapsBytesMax;
  });
  return first < 0 ? [] : releases.slice(first).map(({ release }) => release);
}

/** Gives how many maps there were. */
export async function deleteSourceMaps(
  db: SqlRunner,
  { project, release }: { readonly project: string; readonly release: string },
): Promise<number> {
  const rows = await db.query('DELETE FROM source_maps WHERE project = $1 AND release = $2 RETURNING file', [
    project,
    release,
  ]);
  return rows.length;
}

function tooMany(release: string): SightlineError {
  return new SightlineError(
    'bad_source_map',
    `The source maps of release ${JSON.stringify(release)} are more than a project may keep: ${sourceMapsMax} maps, ${sourceMapsBytesMax / 2 ** 20} MiB packed.`,
    { hint: 'Upload only the maps of code that runs, or build without sourcesContent.' },
  );
}
