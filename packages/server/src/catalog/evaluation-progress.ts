import type { SqlRunner } from './catalog-database.ts';

export interface LeaseOptions {
  readonly project: string;
  /** This server; another one gets the lease when it has run out. */
  readonly owner: string;
  readonly leaseMs: number;
  /** Where a project that was never looked at begins. */
  readonly begin: Date;
}

/** Until when arrivals of the project were looked at; undefined while another server does it. */
export async function takeLease(
  db: SqlRunner,
  { project, owner, leaseMs, begin }: LeaseOptions,
): Promise<Date | undefined> {
  const [row] = await db.query<{ arrived: Date }>(
    `INSERT INTO evaluation_progress (project, arrived, owner, lease_until)
     VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond')
     ON CONFLICT (project) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until
     WHERE evaluation_progress.owner = $3 OR evaluation_progress.lease_until < now()
     RETURNING arrived`,
    [project, begin, owner, leaseMs],
  );
  return row?.arrived;
}

export async function writeProgress(
  db: SqlRunner,
  { project, owner, arrived }: { readonly project: string; readonly owner: string; readonly arrived: Date },
): Promise<void> {
  await db.query('UPDATE evaluation_progress SET arrived = $3 WHERE project = $1 AND owner = $2', [
    project,
    owner,
    arrived,
  ]);
}

/** Lets another server go on at once. */
export async function giveUpLeases(db: SqlRunner, owner: string): Promise<void> {
  await db.query("UPDATE evaluation_progress SET lease_until = '-infinity' WHERE owner = $1", [owner]);
}
