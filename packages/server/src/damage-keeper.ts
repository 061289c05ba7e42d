/**
 * Watches over what is stored: compares it with what was there before, reads it again and again, and says loudly what is damaged. Checks have a tenth of
 * the time; an answer or a load that meets damage begins one at once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { StatusResponse } from '@sightline/schema/api';
import type { Logger } from 'pino';
import { BackgroundLooks } from './background/background-looks.ts';
import { gauge, type Metric } from './ingest/index.ts';
import {
  type DamagedPart,
  type StoreCondition,
  StoreError,
  type TelemetryStore,
} from './storage/telemetry-store.ts';

type Problem = StatusResponse['problems'][number];

export interface DamageKeeperOptions {
  readonly store: Pick<TelemetryStore, 'inspect' | 'noteNew' | 'verify' | 'acceptDamage' | 'engine'>;
  readonly log: Logger;
}

/** What was stored in the last second before a kill is compared with nothing. */
const noteAfterLoadMs = 1_000;
/** The whole comparison takes five times as long as to note new parts. */
const inspectEveryMs = 10_000;
const verifyEveryMs = 3_600_000;
/** A check that took one second is followed by so many without one, unless damage is suspected. */
const restFactor = 9;
const retryMs = 5_000;
const groupsToldMax = 6;

export class DamageKeeper {
  readonly #options: DamageKeeperOptions;
  readonly #looks: BackgroundLooks;
  readonly #stopped = new AbortController();
  #condition: StoreCondition = {
    missingTables: [],
    damagedParts: [],
    restored: [],
    isInventoryLost: false,
    excessGrants: [],
  };
  /** What an answer or a load met, until a check has looked for it. */
  #suspicion: string | undefined;
  #reported = new Set<string>();
  #isInspectionDue = true;
  #verifyTimer: NodeJS.Timeout | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #verifying: Promise<void> | undefined;
  #verifiedMs: number | undefined;

  constructor(options: DamageKeeperOptions) {
    this.#options = options;
    this.#looks = new BackgroundLooks({
      look: async () => {
        if (this.#isInspectionDue || !(await options.store.noteNew())) await this.inspect();
      },
      retryMs,
      log: options.log,
      failure: 'What is stored cannot be compared with what was there before; trying again.',
    });
  }

  /** The first comparison is done when it resolves; the first check of everything goes on behind. */
  async start(): Promise<void> {
    await this.#looks
      .inTurn(async () => this.inspect().then(() => undefined))
      .catch((error: unknown) =>
        this.#options.log.warn({ err: error }, 'What is stored cannot be inspected at present.'),
      );
    this.#lookTimer = setInterval(() => {
      this.#isInspectionDue = true;
      this.#looks.lookIn(0);
    }, inspectEveryMs).unref();
    this.#verify();
  }

  get condition(): StoreCondition {
    return this.#condition;
  }

  /** The store as others are to use it: their failures tell of damage, and nothing is loaded while a table is gone. */
  watched(store: TelemetryStore): TelemetryStore {
    const noticing = async <T>(answer: Promise<T>): Promise<T> =>
      answer.catch((error: unknown) => {
        if (error instanceof StoreError && error.kind === 'damaged') this.#suspect(error);
        throw error;
      });
    return {
      ...store,
      load: async (segment) => {
        const [missing] = this.#condition.missingTables;
        if (missing !== undefined)
          throw new StoreError('unavailable', `The table "${missing}" of the telemetry store is gone.`);
        const loaded = await noticing(store.load(segment));
        this.#looks.lookIn(noteAfterLoadMs);
        return loaded;
      },
      query: async (statement, limits) => noticing(store.query(statement, limits)),
      queryBinary: async (statement, limits) => noticing(store.queryBinary(statement, limits)),
      queryUntrusted: async (statement, limits) => noticing(store.queryUntrusted(statement, limits)),
    };
  }

  /** Compares now. */
  async inspect(): Promise<StoreCondition> {
    this.#condition = await this.#options.store.inspect();
    this.#isInspectionDue = false;
    this.#tellNew();
    return this.#condition;
  }

  async accept(): Promise<readonly DamagedPart[]> {
    const accepted = await this.#options.store.acceptDamage();
    this.#options.log.warn(
      { parts: accepted.length, rows: rowsOf(accepted) },
      'Damaged parts were accepted as lost.',
    );
    this.#suspicion = undefined;
    await this.inspect();
    return accepted;
  }

  problems(): readonly Problem[] {
    const { missingTables, damagedParts, restored, isInventoryLost, excessGrants } = this.#condition;
    const problems: Problem[] = [];
    if (excessGrants.length > 0)
      problems.push({
        code: 'sql_user_unrestricted',
        message: `The user who runs typed SQL on the ClickHouse server may do more than read Sightline's tables: ${listed(excessGrants)}. What a statement may do is then decided by Sightline alone.`,
        hint: 'Make a user with SELECT on these tables and no other grant, and name it with --clickhouse-sql-url: docs/sql.md#on-a-clickhouse-server.',
      });
    if (missingTables.length > 0)
      problems.push({
        code: 'store_damaged',
        message: `The telemetry store has lost the tables ${missingTables.join(', ')}. What is received waits in the journal.`,
        hint: 'Stop the server and restore the store from a backup.',
      });
    if (damagedParts.length > 0)
      problems.push({ code: 'store_damaged', message: describeDamage(damagedParts), hint: this.#wayOut() });
    else if (this.#suspicion !== undefined)
      problems.push({
        code: 'store_damaged',
        message: `Stored data could not be read: ${this.#suspicion}`,
        hint: 'Everything that is stored is being checked; this says more when that is done.',
      });
    if (restored.length > 0)
      problems.push({
        code: 'store_damaged',
        message: `Definitions of the telemetry store were gone or changed at the start and were put back from their copy: ${restored.join(', ')}. No row is lost by it.`,
        hint: 'Look at the disk of the data directory. This goes with the next start.',
      });
    if (isInventoryLost)
      problems.push({
        code: 'store_damaged',
        message:
          'The list of what is stored could not be read at the start and was made anew: rows that were lost before it are missed by nobody.',
        hint: 'Compare with a backup, and look at the disk of the data directory. This goes with the next start.',
      });
    return problems;
  }

  /** Why this server should not be relied on; undefined where all is well. What was put back is well. */
  failure(): string | undefined {
    const { missingTables, damagedParts } = this.#condition;
    if (missingTables.length > 0) return `The tables ${missingTables.join(', ')} are missing.`;
    if (damagedParts.length > 0) return describeDamage(damagedParts);
    return this.#suspicion === undefined ? undefined : `Stored data could not be read: ${this.#suspicion}`;
  }

  metrics(): readonly Metric[] {
    const { missingTables, damagedParts } = this.#condition;
    const byTable = Map.groupBy(damagedParts, ({ table, reason }) => `${table}\n${reason}`);
    const samplesOf = (value: (parts: readonly DamagedPart[]) => number) =>
      [...byTable].map(([key, parts]) => {
        const [table = '', reason = ''] = key.split('\n');
        return { labels: { table, reason }, value: value(parts) };
      });
    return [
      {
        name: 'sightline_store_damaged_parts',
        help: 'Parts of the store that are missing, set aside or unreadable, and that nobody accepted as lost.',
        type: 'gauge',
        samples: samplesOf((parts) => parts.length),
      },
      {
        name: 'sightline_store_damaged_rows',
        help: 'Rows in damaged parts, as far as their number is known.',
        type: 'gauge',
        samples: samplesOf(rowsOf),
      },
      gauge('sightline_store_missing_tables', 'Tables that the store should have.', missingTables.length),
      gauge(
        'sightline_store_verified_age_seconds',
        'Since everything stored was last compared with its checksums; not there before the first time.',
        this.#verifiedMs === undefined ? null : (performance.now() - this.#verifiedMs) / 1000,
      ),
    ];
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    clearInterval(this.#lookTimer);
    clearTimeout(this.#verifyTimer);
    const isLookDue = this.#looks.dueInMs !== undefined;
    await this.#looks.stop();
    await this.#verifying;
    // Where a known part is gone the next start tells it.
    if (isLookDue) await this.#options.store.noteNew().catch(() => false);
  }

  #suspect(error: StoreError): void {
    if (this.#suspicion === undefined)
      this.#options.log.error({ err: error }, 'Stored data could not be read. Checking everything.');
    this.#suspicion = error.message.slice(0, 300);
    this.#verify();
  }

  #verify(): void {
    if (this.#verifying !== undefined || this.#stopped.signal.aborted) return;
    clearTimeout(this.#verifyTimer);
    const suspicion = this.#suspicion;
    this.#verifying = this.#verifyAll()
      .then(() => {
        this.#verifiedMs = performance.now();
        if (this.#suspicion === suspicion) this.#suspicion = undefined;
      })
      .catch((error: unknown) => {
        if (!this.#stopped.signal.aborted)
          this.#options.log.warn(
            { err: error },
            'What is stored cannot be checked; it is tried again in an hour.',
          );
      })
      .finally(() => {
        this.#verifying = undefined;
        if (this.#stopped.signal.aborted) return;
        // What was met meanwhile may be where this check had been before.
        if (this.#suspicion !== undefined && this.#suspicion !== suspicion) this.#verify();
        else this.#verifyTimer = setTimeout(() => this.#verify(), verifyEveryMs).unref();
      });
  }

  async #verifyAll(): Promise<void> {
    const { signal } = this.#stopped;
    await this.#options.store.verify(async (workedMs) => {
      // What was met already fails somebody's questions.
      const rest = this.#suspicion === undefined ? restFactor : 1;
      await delay(workedMs * rest, undefined, { signal, ref: false }).catch(() => undefined);
      return !signal.aborted;
    });
    signal.throwIfAborted();
    await this.inspect();
  }

  #tellNew(): void {
    const { missingTables, damagedParts, restored, isInventoryLost, excessGrants } = this.#condition;
    const { log } = this.#options;
    const isNew = (key: string): boolean => !this.#reported.has(key);
    const keys = new Set([
      ...damagedParts.map(keyOf),
      ...missingTables,
      ...restored,
      ...(isInventoryLost ? [inventoryLost] : []),
      ...(excessGrants.length > 0 ? [unrestricted] : []),
    ]);
    for (const table of missingTables.filter(isNew))
      log.error({ table }, 'The telemetry store has lost a table.');
    for (const name of restored.filter(isNew))
      log.error(
        { name },
        'A definition of the telemetry store was gone or changed; it was put back from its copy.',
      );
    if (isInventoryLost && isNew(inventoryLost))
      log.error(
        'The list of what is stored could not be read; it was made anew. Rows that were lost before it are missed by nobody.',
      );
    if (excessGrants.length > 0 && isNew(unrestricted))
      log.warn(
        { grants: excessGrants.slice(0, 20) },
        "The user who runs typed SQL may do more than read Sightline's tables, see docs/sql.md.",
      );
    const fresh = damagedParts.filter((part) => isNew(keyOf(part)));
    if (fresh.length > 0)
      log.error(
        { rows: rowsOf(fresh), parts: fresh.slice(0, 20) },
        `Stored data is damaged: ${describeDamage(fresh)}`,
      );
    this.#reported = keys;
  }

  #wayOut(): string {
    return this.#options.store.engine.kind === 'embedded'
      ? 'Restore the data directory from a backup; or run "sightline accept-damage" to go on without these rows.'
      : 'Attach, restore or drop these parts on the ClickHouse server; run "sightline accept-damage" to go on without those that are gone.';
  }
}

/** Stand for the list of parts and the grants among what was logged. */
const inventoryLost = 'list of parts';
const unrestricted = 'grants of typed SQL';

function listed(texts: readonly string[]): string {
  const more = texts.length - groupsToldMax;
  return `${texts.slice(0, groupsToldMax).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** `1,000 rows of spans of 2026-11-23 are set aside; …` */
function describeDamage(parts: readonly DamagedPart[]): string {
  const groups = [...Map.groupBy(parts, ({ table, reason }) => `${reason} ${table}`).values()];
  const reported = groups.slice(0, groupsToldMax).map((group) => {
    const [{ table, reason } = { table: '', reason: 'missing' as const }] = group;
    const days = [...new Set(group.flatMap(({ day }) => day ?? []))].toSorted();
    const range = days.length === 0 ? '' : ` of ${[...new Set([days[0], days.at(-1)])].join(' to ')}`;
    const known = group.some(({ rows }) => rows !== undefined);
    const rows = known ? `${rowsOf(group)} rows` : 'rows in an unknown number';
    return `${rows}${range} in ${table} ${reasons[reason]}`;
  });
  const more = groups.length - reported.length;
  return `${reported.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`;
}

const reasons = {
  missing: 'are gone with their files',
  set_aside: 'are in parts that the engine found damaged and does not use',
  unreadable: 'are in parts that cannot be read',
} as const satisfies Record<DamagedPart['reason'], string>;

function rowsOf(parts: readonly DamagedPart[]): number {
  return parts.reduce((sum, { rows = 0 }) => sum + rows, 0);
}

function keyOf({ table, part, reason }: DamagedPart): string {
  return `${table} ${part} ${reason}`;
}
