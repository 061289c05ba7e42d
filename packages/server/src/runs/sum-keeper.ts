/**
 * Keeps sums of runs that began in the same ten minutes (the table `run_sums`): takes them away as soon as one of these runs changed, and makes them
 * again once that was a while ago. Where there are none, the overview reads the runs themselves.
 */
import { bucketsWithoutSums, madeSums, summedColumns } from '../query/sql/run-sums-sql.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';

export interface SumKeeperOptions {
  readonly store: Pick<TelemetryStore, 'query' | 'deriveRunSums' | 'forgetRunSums'>;
  /** How long runs are left alone before they are summed up. */
  readonly quietMs?: number;
  /** Runs a task while no trace is deleted. */
  readonly between: (task: () => Promise<void>) => Promise<void>;
}

/** Buckets of a project, seconds since 1970. */
export type TouchedBuckets = ReadonlyMap<string, ReadonlySet<number>>;

const quietMsDefault = 60_000;
/** Found at once; what is beyond comes the next time. */
const bucketsMax = 2_000;
/** What is summed up by one statement: it is short, so that deletions need not wait for long. */
const runsPerStatement = 60_000;
const bucketsPerStatement = 48;
/** Of one statement that takes sums away: its text is bounded. */
const forgottenPerStatement = 2_000;
/** Of what is asked in the background, where nobody waits: all that was stored may be looked at. */
export const backgroundLimits = {
  timeMsMax: 100_000,
  rowsReadMax: 20_000_000_000,
  share: 'background',
} as const;
const daySeconds = 86_400;

interface BucketToSum {
  readonly project: string;
  readonly bucket: number;
  readonly runs: number;
}

export class SumKeeper {
  readonly #options: SumKeeperOptions;
  readonly #quietMs: number;
  /** From this bucket on some may be without sums: seconds since 1970. Undefined where none is. */
  #missingFrom: number | undefined = 0;
  #isBehind = true;
  #generation = -1;
  /** When a bucket last changed, by project and bucket. */
  readonly #touchedMs = new Map<string, number>();

  constructor(options: SumKeeperOptions) {
    this.#options = options;
    this.#quietMs = options.quietMs ?? quietMsDefault;
  }

  /** In how long something will be there to make; undefined where all is made. */
  get dueInMs(): number | undefined {
    if (this.#missingFrom === undefined) return undefined;
    return this.#isBehind ? 0 : this.#quietMs;
  }

  /** To be called after runs were taken away: their sums are gone. */
  lost(): void {
    this.#missingFrom = 0;
    this.#isBehind = true;
  }

  /** Takes away what these buckets had. To be called when their runs are in the table, and before anybody believes that they are. */
  async forget(touched: TouchedBuckets): Promise<void> {
    const now = performance.now();
    for (const [project, buckets] of touched) {
      const all = [...buckets];
      for (const bucket of all) {
        this.#touchedMs.set(keyOf({ project, bucket }), now);
        this.#missingFrom = Math.min(this.#missingFrom ?? bucket, bucket);
      }
      for (let at = 0; at < all.length; at += forgottenPerStatement) {
        const some = all.slice(at, at + forgottenPerStatement);
        await this.#options.store.forgetRunSums({ project, buckets: some });
      }
    }
  }

  /** Makes what is missing and has been quiet, the newest first, until `isEnough` says so. */
  async make(generation: number, isEnough: () => boolean): Promise<void> {
    if (generation !== this.#generation) this.lost();
    this.#generation = generation;
    const from = this.#missingFrom;
    if (from === undefined) return;
    this.#isBehind = true;
    const { rows } = await this.#options.store.query<BucketToSum>(
      bucketsWithoutSums(generation, from, bucketsMax).toStatement(),
      backgroundLimits,
    );
    const missing = rows.map(({ project, bucket, runs }) => ({
      project,
      bucket: Number(bucket),
      runs: Number(runs),
    }));
    const quietSince = performance.now() - this.#quietMs;
    const isQuiet = (bucket: BucketToSum): boolean =>
      (this.#touchedMs.get(keyOf(bucket)) ?? -Infinity) <= quietSince;
    for (const { project, buckets } of statementsOf(missing.filter(isQuiet))) {
      if (isEnough()) return;
      await this.#options.between(async () => {
        const select = madeSums({ project, generation, buckets }).toStatement();
        await this.#options.store.deriveRunSums({ columns: summedColumns, select });
      });
    }
    for (const [key, touchedMs] of this.#touchedMs) if (touchedMs <= quietSince) this.#touchedMs.delete(key);
    const left = missing.filter((bucket) => !isQuiet(bucket)).map(({ bucket }) => bucket);
    if (missing.length === bucketsMax) return;
    this.#missingFrom = left.length === 0 ? undefined : Math.min(...left);
    this.#isBehind = false;
  }
}

const keyOf = ({ project, bucket }: Pick<BucketToSum, 'project' | 'bucket'>): string =>
  `${bucket}\n${project}`;

interface SumStatement {
  readonly project: string;
  readonly buckets: number[];
}

/** Buckets of one project and day, as many as a statement sums up. A part of the table is of a day: what a statement makes of one is there at once or not at all. */
function statementsOf(buckets: readonly BucketToSum[]): readonly SumStatement[] {
  const statements: (SumStatement & { runs: number; day: number })[] = [];
  for (const { project, bucket, runs } of buckets) {
    const day = Math.floor(bucket / daySeconds);
    const fits = statements.find(
      (each) =>
        each.project === project &&
        each.day === day &&
        each.runs + runs <= runsPerStatement &&
        each.buckets.length < bucketsPerStatement,
    );
    if (fits === undefined) statements.push({ project, buckets: [bucket], runs, day });
    else {
      fits.buckets.push(bucket);
      fits.runs += runs;
    }
  }
  return statements;
}
