/** One server evaluates rules at a time: whoever holds the lease, by the clock of the database. */
import type { SqlRunner } from './catalog-database.ts';

const name = 'evaluate';

export interface AlertLease {
  readonly holder: string;
  readonly fence: number;
}

/** Takes the lease where it is free, ran out, lasts longer than any does (the clock was set back), or was this holder's before it was started anew. Undefined while another has it. */
export async function takeAlertLease(
  db: SqlRunner,
  { holder, leaseMs }: { readonly holder: string; readonly leaseMs: number },
): Promise<AlertLease | undefined> {
  const [row] = await db.query<{ fence: string }>(
    `INSERT INTO alert_leases (name, holder, until, fence) VALUES ($1, $2, now() + $3 * interval '1 millisecond', 1)
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until, fence = alert_leases.fence + 1
     WHERE alert_leases.until < now() OR alert_leases.until > now() + interval '5 minutes' OR alert_leases.holder = excluded.holder RETURNING fence`,
    [name, holder, leaseMs],
  );
  return row === undefined ? undefined : { holder, fence: Number(row.fence) };
}

/** Whether the lease is still this holder's, and is from now on for so long. */
export async function renewAlertLease(
  db: SqlRunner,
  { fence }: AlertLease,
  leaseMs: number,
): Promise<boolean> {
  const rows = await db.query(
    `UPDATE alert_leases SET until = now() + $3 * interval '1 millisecond' WHERE name = $1 AND fence = $2 RETURNING fence`,
    [name, fence, leaseMs],
  );
  return rows.length > 0;
}

/** Inside of a transaction: nobody takes the lease before it ends. False where somebody has. */
export async function holdAlertLease(tx: SqlRunner, { fence }: AlertLease): Promise<boolean> {
  const rows = await tx.query('SELECT 1 FROM alert_leases WHERE name = $1 AND fence = $2 FOR UPDATE', [
    name,
    fence,
  ]);
  return rows.length > 0;
}

/** Lets another server go on at once. */
export async function giveUpAlertLease(db: SqlRunner, { fence }: AlertLease): Promise<void> {
  await db.query(`UPDATE alert_leases SET until = '-infinity' WHERE name = $1 AND fence = $2`, [name, fence]);
}
