/** What one server does at a time is done by whoever holds the lease of this name, by the clock of the database. */
import type { Clock } from '@sightline/base';
import type { SqlRunner } from './catalog-database.ts';

export interface Lease {
  readonly name: string;
  readonly fence: number;
}

export interface LeaseKeeperOptions {
  readonly catalog: SqlRunner;
  readonly name: 'evaluate' | 'settle';
  /** Of this server: the same after it was started anew. */
  readonly holder: string;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

const leaseMs = 15_000;
const renewEveryMs = 5_000;

/** Takes a lease as soon as it is free, and renews it while it is asked for. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  #lease: Lease | undefined;
  #renewedMs = -Infinity;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  get isHeld(): boolean {
    return this.#lease !== undefined;
  }

  /** The same object as long as nobody else held it in between; undefined while another server has it. */
  async hold(): Promise<Lease | undefined> {
    const { catalog, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#lease !== undefined) {
      if (nowMs - this.#renewedMs < renewEveryMs) return this.#lease;
      if (!(await renewLease(catalog, this.#lease))) this.#lease = undefined;
    }
    this.#lease ??= await takeLease(this.#options);
    this.#renewedMs = nowMs;
    return this.#lease;
  }

  /** To be called where a transaction saw that another has it: it is taken again when it is free. */
  lost(): void {
    this.#lease = undefined;
  }

  /** Lets another server go on at once. */
  async giveUp(): Promise<void> {
    if (this.#lease === undefined) return;
    const { name, fence } = this.#lease;
    this.#lease = undefined;
    await this.#options.catalog
      .query(`UPDATE leases SET until = '-infinity' WHERE name = $1 AND fence = $2`, [name, fence])
      .catch(() => undefined);
  }
}

/** Takes the lease where it is free, ran out, lasts longer than any does (the clock was set back), or was this holder's before it was started anew. Undefined while another has it. */
async function takeLease({ catalog, name, holder }: LeaseKeeperOptions): Promise<Lease | undefined> {
  const [row] = await catalog.query<{ fence: string }>(
    `INSERT INTO leases (name, holder, until, fence) VALUES ($1, $2, now() + $3 * interval '1 millisecond', 1)
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until, fence = leases.fence + 1
     WHERE leases.until < now() OR leases.until > now() + interval '5 minutes' OR leases.holder = excluded.holder RETURNING fence`,
    [name, holder, leaseMs],
  );
  return row === undefined ? undefined : { name, fence: Number(row.fence) };
}

/** Whether the lease is still this holder's, and is from now on for so long. */
async function renewLease(db: SqlRunner, { name, fence }: Lease): Promise<boolean> {
  const rows = await db.query(
    `UPDATE leases SET until = now() + $3 * interval '1 millisecond' WHERE name = $1 AND fence = $2 RETURNING fence`,
    [name, fence, leaseMs],
  );
  return rows.length > 0;
}

/** Inside of a transaction: nobody takes the lease before it ends. False where somebody has. */
export async function holdLease(tx: SqlRunner, { name, fence }: Lease): Promise<boolean> {
  const rows = await tx.query('SELECT 1 FROM leases WHERE name = $1 AND fence = $2 FOR UPDATE', [
    name,
    fence,
  ]);
  return rows.length > 0;
}
