/**
 * Datasets in the control plane. An item is a row for each span of versions in which it was the same, so that every version can be read as it was and
 * a change costs what it changes. Changes of one dataset follow each other: each locks its row.
 */
import { createHash } from 'node:crypto';
import { type Dataset, datasetItemsMax, type NewDatasetItem, type SplitRequest } from '@sightline/schema/api';
import type { CatalogDatabase, SqlRunner } from './catalog-database.ts';

export interface StoredDataset extends Omit<Dataset, 'createdAt' | 'updatedAt'> {
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface StoredItem extends Omit<NewDatasetItem, 'id' | 'source'> {
  readonly id: string;
  readonly source: { readonly traceId: string; readonly spanId: string | null } | null;
  readonly changedInVersion: number;
  /** Where it stands in the dataset; text of a 64-bit number. */
  readonly place: string;
  readonly inputHash: string;
  readonly time: Date;
}

export interface DatasetKey {
  readonly project: string;
  readonly name: string;
}

export const datasetsMax = 1_000;
const versionsShown = 200;

const columns = `id::text AS id, name, description, version, item_count AS "itemCount", created_at AS "createdAt", updated_at AS "updatedAt"`;
const itemColumns = `id, input, expected, metadata, split, source, from_version AS "changedInVersion", place::text AS place,
  input_hash AS "inputHash", time`;

export async function listDatasets(db: SqlRunner, project: string): Promise<readonly StoredDataset[]> {
  return db.query(`SELECT ${columns} FROM datasets WHERE project = $1 ORDER BY name LIMIT ${datasetsMax}`, [
    project,
  ]);
}

export async function findDataset(
  db: SqlRunner,
  { project, name }: DatasetKey,
): Promise<StoredDataset | undefined> {
  const [row] = await db.query<StoredDataset>(
    `SELECT ${columns} FROM datasets WHERE project = $1 AND name = $2`,
    [project, name],
  );
  return row;
}

/** Undefined where the project has one of this name. */
export async function createDataset(
  db: SqlRunner,
  project: string,
  { name, description }: Pick<Dataset, 'name' | 'description'>,
): Promise<StoredDataset | undefined> {
  const [row] = await db.query<StoredDataset>(
    `INSERT INTO datasets (project, name, description) VALUES ($1, $2, $3)
     ON CONFLICT (project, name) DO NOTHING RETURNING ${columns}`,
    [project, name, description],
  );
  return row;
}

export async function deleteDataset(db: SqlRunner, { project, name }: DatasetKey): Promise<boolean> {
  const rows = await db.query('DELETE FROM datasets WHERE project = $1 AND name = $2 RETURNING id', [
    project,
    name,
  ]);
  return rows.length > 0;
}

export interface Addition {
  readonly datasetId: string;
  readonly items: readonly NewDatasetItem[];
  readonly duplicates: 'skip' | 'keep';
  readonly note: string;
  readonly intoVersion?: number | undefined;
}

export interface Added {
  readonly version: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly duplicates: number;
  readonly itemCount: number;
}

interface CurrentRow {
  readonly id: string;
  readonly fromVersion: number;
  readonly place: string;
  readonly hash: string;
}

interface RowToWrite {
  readonly item: NewDatasetItem;
  readonly id: string;
  readonly inputHash: string;
  readonly place: string | null;
}

export type AddOutcome = Added | 'full' | 'moved_on' | 'gone';

/** Items with the id of one that is there change it, others are added. What says nothing new makes no version. */
export async function addItems(db: CatalogDatabase, addition: Addition): Promise<AddOutcome> {
  const outcome = await writeItems(db, addition);
  if (typeof outcome === 'object' && hasDoubled(outcome)) await db.query('ANALYZE dataset_items');
  return outcome;
}

/**
 * The embedded twin never gathers statistics by itself, and without them reads all items of a dataset where it needs a page: 147 ms instead of 1 ms of
 * 100,000. They are gathered whenever the items reach a power of two.
 */
function hasDoubled({ added, itemCount }: Added): boolean {
  return itemCount >= 1_000 && Math.floor(Math.log2(itemCount)) > Math.floor(Math.log2(itemCount - added));
}

async function writeItems(db: CatalogDatabase, addition: Addition): Promise<AddOutcome> {
  return db.transaction(async (tx) => {
    const dataset = await lock(tx, addition.datasetId);
    if (dataset === undefined) return 'gone';
    const { intoVersion } = addition;
    if (intoVersion !== undefined && intoVersion !== dataset.version) return 'moved_on';
    const version = intoVersion ?? dataset.version + 1;
    const { writes, unchanged, duplicates } = await plan(tx, addition);
    const changes = writes.filter(({ place }) => place !== null);
    const added = writes.length - changes.length;
    const itemCount = dataset.itemCount + added;
    const counts = { added, changed: changes.length, unchanged, duplicates, itemCount };
    if (itemCount > datasetItemsMax) return 'full';
    if (writes.length === 0) return { ...counts, version: dataset.version };
    await endRows(tx, { datasetId: addition.datasetId, ids: changes.map(({ id }) => id), version });
    await writeRows(tx, { datasetId: addition.datasetId, version }, writes);
    await recordVersion(tx, addition.datasetId, {
      version,
      note: addition.note,
      added,
      changed: changes.length,
      removed: 0,
      itemCount,
    });
    return { ...counts, version };
  });
}

async function plan(
  tx: SqlRunner,
  { datasetId, items, duplicates: rule }: Addition,
): Promise<{ readonly writes: RowToWrite[]; readonly unchanged: number; readonly duplicates: number }> {
  // Of several with one id the last counts, as if they had come one after the other.
  const byId = new Map(items.map((item, at) => [item.id ?? at, item]));
  const hashes = new Map([...byId].map(([key, { input }]) => [key, hashOf(input)]));
  const current = new Map(
    (
      await tx.query<CurrentRow>(
        `SELECT id, from_version AS "fromVersion", place::text AS place,
           md5(input::text || coalesce(expected::text, 'null') || metadata::text || split) AS hash FROM dataset_items
         WHERE dataset_id = $1::uuid AND to_version IS NULL AND id = ANY($2::text[])`,
        [datasetId, [...byId.keys()].filter((key) => typeof key === 'string')],
      )
    ).map((row): [string | number, CurrentRow] => [row.id, row]),
  );
  const known = new Set(
    (
      await tx.query<{ hash: string }>(
        `SELECT DISTINCT input_hash AS hash FROM dataset_items
         WHERE dataset_id = $1::uuid AND to_version IS NULL AND input_hash = ANY($2::text[])`,
        [datasetId, [...hashes.values()]],
      )
    ).map(({ hash }) => hash),
  );
  const stored = await storedHashes(
    tx,
    [...byId].flatMap(([key, item]) =>
      typeof key === 'string' && current.has(key) ? [[key, item] as const] : [],
    ),
  );
  const writes: RowToWrite[] = [];
  let unchanged = 0;
  let duplicates = 0;
  for (const [key, item] of byId) {
    const inputHash = hashes.get(key) ?? '';
    const before = current.get(key);
    if (before !== undefined) {
      if (before.hash === stored.get(before.id)) unchanged += 1;
      else writes.push({ item, id: before.id, inputHash, place: before.place });
      continue;
    }
    if (rule === 'skip' && known.has(inputHash)) {
      duplicates += 1;
      continue;
    }
    known.add(inputHash);
    writes.push({ item, id: item.id ?? '', inputHash, place: null });
  }
  return { writes, unchanged, duplicates };
}

/** Of what an item would say as a row, by the database's own writing of JSON. */
async function storedHashes(
  tx: SqlRunner,
  items: readonly (readonly [string, NewDatasetItem])[],
): Promise<ReadonlyMap<string, string>> {
  if (items.length === 0) return new Map();
  const rows = await tx.query<{ key: string; hash: string }>(
    `SELECT key, md5(input::json::text || coalesce(expected::json::text, 'null') || metadata::jsonb::text || split) AS hash
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS item (key, input, expected, metadata, split)`,
    [
      items.map(([key]) => key),
      items.map(([, { input }]) => JSON.stringify(input)),
      items.map(([, { expected }]) => jsonOrNull(expected)),
      items.map(([, { metadata }]) => JSON.stringify(metadata)),
      items.map(([, { split }]) => split),
    ],
  );
  return new Map(rows.map(({ key, hash }) => [key, hash]));
}

interface RowsToEnd {
  readonly datasetId: string;
  readonly ids: readonly string[];
  readonly version: number;
}

/** Rows that began with this very version were never seen by another, and are dropped. */
async function endRows(tx: SqlRunner, { datasetId, ids, version }: RowsToEnd): Promise<void> {
  if (ids.length === 0) return;
  await tx.query(
    `DELETE FROM dataset_items WHERE dataset_id = $1::uuid AND to_version IS NULL AND from_version = $3 AND id = ANY($2::text[])`,
    [datasetId, [...ids], version],
  );
  await tx.query(
    `UPDATE dataset_items SET to_version = $3 WHERE dataset_id = $1::uuid AND to_version IS NULL AND id = ANY($2::text[])`,
    [datasetId, [...ids], version],
  );
}

async function writeRows(
  tx: SqlRunner,
  { datasetId, version }: { readonly datasetId: string; readonly version: number },
  writes: readonly RowToWrite[],
): Promise<void> {
  await tx.query(
    `INSERT INTO dataset_items (dataset_id, from_version, id, input, expected, metadata, split, source, input_hash, place)
     SELECT $1::uuid, $2, coalesce(nullif(item.id, ''), replace(gen_random_uuid()::text, '-', '')), input::json, expected::json,
       metadata::jsonb, split, source::jsonb, input_hash, coalesce(place::bigint, nextval('dataset_item_places'))
     FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
       WITH ORDINALITY AS item (id, input, expected, metadata, split, source, input_hash, place, nr) ORDER BY nr`,
    [
      datasetId,
      version,
      writes.map(({ id }) => id),
      writes.map(({ item }) => JSON.stringify(item.input)),
      writes.map(({ item }) => jsonOrNull(item.expected)),
      writes.map(({ item }) => JSON.stringify(item.metadata)),
      writes.map(({ item }) => item.split),
      writes.map(({ item }) => jsonOrNull(item.source)),
      writes.map(({ inputHash }) => inputHash),
      writes.map(({ place }) => place),
    ],
  );
}

const jsonOrNull = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

interface VersionChange {
  readonly version: number;
  readonly note: string;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly itemCount: number;
}

async function recordVersion(tx: SqlRunner, datasetId: string, change: VersionChange): Promise<void> {
  const { version, note, added, changed, removed, itemCount } = change;
  await tx.query(
    `INSERT INTO dataset_versions (dataset_id, version, note, added, changed, removed, item_count) VALUES ($1::uuid, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (dataset_id, version) DO UPDATE SET added = dataset_versions.added + EXCLUDED.added,
       changed = dataset_versions.changed + EXCLUDED.changed, item_count = EXCLUDED.item_count`,
    [datasetId, version, note, added, changed, removed, itemCount],
  );
  await tx.query(
    'UPDATE datasets SET version = $2, item_count = $3, updated_at = now() WHERE id = $1::uuid',
    [datasetId, version, itemCount],
  );
}

async function lock(
  tx: SqlRunner,
  datasetId: string,
): Promise<{ readonly version: number; readonly itemCount: number } | undefined> {
  const [row] = await tx.query<{ version: number; itemCount: number }>(
    'SELECT version, item_count AS "itemCount" FROM datasets WHERE id = $1::uuid FOR UPDATE',
    [datasetId],
  );
  return row;
}

/** Takes items out; the versions before keep them. Ids that are not there change nothing. Undefined where the dataset is gone. */
export async function removeItems(
  db: CatalogDatabase,
  {
    datasetId,
    ids,
    note,
  }: { readonly datasetId: string; readonly ids: readonly string[]; readonly note: string },
): Promise<{ readonly version: number; readonly itemCount: number } | undefined> {
  return db.transaction(async (tx) => {
    const dataset = await lock(tx, datasetId);
    if (dataset === undefined) return undefined;
    const version = dataset.version + 1;
    const rows = await tx.query(
      `UPDATE dataset_items SET to_version = $3 WHERE dataset_id = $1::uuid AND to_version IS NULL AND id = ANY($2::text[]) RETURNING id`,
      [datasetId, [...ids], version],
    );
    if (rows.length === 0) return dataset;
    const itemCount = dataset.itemCount - rows.length;
    await recordVersion(tx, datasetId, {
      version,
      note,
      added: 0,
      changed: 0,
      removed: rows.length,
      itemCount,
    });
    return { version, itemCount };
  });
}

/** Puts items into splits by a hash of their input: equal inputs are never on both sides, and a second time changes nothing. */
export async function splitItems(
  db: CatalogDatabase,
  { datasetId, shares, onlyUnsplit }: SplitRequest & { readonly datasetId: string },
): Promise<{ readonly version: number; readonly itemCount: number } | undefined> {
  return db.transaction(async (tx) => {
    const dataset = await lock(tx, datasetId);
    if (dataset === undefined) return undefined;
    const version = dataset.version + 1;
    const rows = await tx.query<{ id: string; hash: string; split: string }>(
      `SELECT id, input_hash AS hash, split FROM dataset_items WHERE dataset_id = $1::uuid AND to_version IS NULL`,
      [datasetId],
    );
    const moved = rows
      .filter(({ split }) => !onlyUnsplit || split === '')
      .map(({ id, hash, split }) => ({ id, before: split, after: chooseSplit(hash, shares) }))
      .filter(({ before, after }) => before !== after);
    if (moved.length === 0) return dataset;
    await tx.query(
      `WITH moved AS (SELECT * FROM unnest($2::text[], $3::text[]) AS moved (id, split)),
         ended AS (
           UPDATE dataset_items SET to_version = $4 FROM moved
           WHERE dataset_id = $1::uuid AND to_version IS NULL AND dataset_items.id = moved.id RETURNING dataset_items.*, moved.split AS new_split)
       INSERT INTO dataset_items (dataset_id, id, from_version, place, input, expected, metadata, split, source, input_hash)
       SELECT dataset_id, id, $4, place, input, expected, metadata, new_split, source, input_hash FROM ended`,
      [datasetId, moved.map(({ id }) => id), moved.map(({ after }) => after), version],
    );
    const note = `Splits: ${Object.entries(shares)
      .map(([name, weight]) => `${name} ${weight}`)
      .join(', ')}`;
    await recordVersion(tx, datasetId, {
      version,
      note,
      added: 0,
      changed: moved.length,
      removed: 0,
      itemCount: dataset.itemCount,
    });
    return { version, itemCount: dataset.itemCount };
  });
}

function chooseSplit(hash: string, shares: Readonly<Record<string, number>>): string {
  const entries = Object.entries(shares);
  const sum = entries.reduce((total, [, weight]) => total + weight, 0);
  let left = (Number.parseInt(hash.slice(0, 13), 16) / 2 ** 52) * sum;
  for (const [name, weight] of entries) {
    if (left < weight) return name;
    left -= weight;
  }
  return entries.at(-1)?.[0] ?? '';
}

export interface ItemsWanted {
  readonly datasetId: string;
  readonly version: number;
  readonly split?: string | undefined;
  readonly search?: string | undefined;
  readonly onlyDuplicates?: boolean;
  /** Items behind this place. */
  readonly after: string;
  readonly limit: number;
}

const ofVersion = 'from_version <= $2 AND (to_version IS NULL OR to_version > $2)';

export async function listItems(db: SqlRunner, wanted: ItemsWanted): Promise<readonly StoredItem[]> {
  const { datasetId, version, split, search, onlyDuplicates = false, after, limit } = wanted;
  return db.query(
    `SELECT ${itemColumns} FROM dataset_items
     WHERE dataset_id = $1::uuid AND ${ofVersion} AND place > $3::bigint AND ($4::text IS NULL OR split = $4)
       AND ($5::text IS NULL OR strpos(lower(input::text || coalesce(expected::text, '') || metadata::text), lower($5)) > 0)
       AND ($6 = false OR input_hash IN (
         SELECT input_hash FROM dataset_items WHERE dataset_id = $1::uuid AND ${ofVersion} GROUP BY input_hash HAVING count(*) > 1))
     ORDER BY dataset_items.place LIMIT $7`,
    [datasetId, version, after, split ?? null, search ?? null, onlyDuplicates, limit],
  );
}

export async function readItems(
  db: SqlRunner,
  {
    datasetId,
    version,
    ids,
  }: { readonly datasetId: string; readonly version: number; readonly ids: readonly string[] },
): Promise<ReadonlyMap<string, StoredItem>> {
  const rows = await db.query<StoredItem>(
    `SELECT ${itemColumns} FROM dataset_items WHERE dataset_id = $1::uuid AND ${ofVersion} AND id = ANY($3::text[])`,
    [datasetId, version, [...ids]],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

export async function countItems(
  db: SqlRunner,
  { datasetId, version, split }: Pick<ItemsWanted, 'datasetId' | 'version' | 'split'>,
): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM dataset_items WHERE dataset_id = $1::uuid AND ${ofVersion} AND ($3::text IS NULL OR split = $3)`,
    [datasetId, version, split ?? null],
  );
  return row?.count ?? 0;
}

/** How many items of the newest version have each of these inputs. */
export async function countInputs(
  db: SqlRunner,
  datasetId: string,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await db.query<{ hash: string; count: number }>(
    `SELECT input_hash AS hash, count(*)::int AS count FROM dataset_items
     WHERE dataset_id = $1::uuid AND to_version IS NULL AND input_hash = ANY($2::text[]) GROUP BY input_hash`,
    [datasetId, [...new Set(hashes)]],
  );
  return new Map(rows.map(({ hash, count }) => [hash, count]));
}

export async function describeItems(
  db: SqlRunner,
  datasetId: string,
): Promise<{
  readonly splits: readonly { readonly split: string; readonly items: number }[];
  readonly duplicateItems: number;
}> {
  const splits = await db.query<{ split: string; items: number }>(
    `SELECT split, count(*)::int AS items FROM dataset_items WHERE dataset_id = $1::uuid AND to_version IS NULL
     GROUP BY split ORDER BY split LIMIT 100`,
    [datasetId],
  );
  const [row] = await db.query<{ items: number }>(
    `SELECT coalesce(sum(count), 0)::int AS items FROM (
       SELECT count(*) AS count FROM dataset_items WHERE dataset_id = $1::uuid AND to_version IS NULL
       GROUP BY input_hash HAVING count(*) > 1) AS twice`,
    [datasetId],
  );
  return { splits, duplicateItems: row?.items ?? 0 };
}

export async function listDatasetVersions(
  db: SqlRunner,
  datasetId: string,
): Promise<readonly (VersionChange & { readonly time: Date })[]> {
  return db.query(
    `SELECT version, time, note, added, changed, removed, item_count AS "itemCount" FROM dataset_versions
     WHERE dataset_id = $1::uuid ORDER BY version DESC LIMIT ${versionsShown}`,
    [datasetId],
  );
}

/** Of a value, whatever the order of its keys. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 32);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
}
