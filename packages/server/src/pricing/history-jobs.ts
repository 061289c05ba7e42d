/** Reworks of what is stored, one at a time and a day at a time. A rework that was interrupted is done again from its start. */
import { randomUUID } from 'node:crypto';
import { formatNanos, type UnixNano, unixNano } from '@sightline/base';
import type { HistoryJob } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { Logger } from 'pino';
import { failureText } from '../query/store-failure.ts';
import { findCalledModels, type HistoryRange, sumCalls } from '../query/read-history.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import type { PriceKeeper } from './price-keeper.ts';

export interface HistoryJobsOptions {
  /** Resolves when the runs of all that is stored are settled. */
  readonly settleRuns: () => Promise<void>;
  readonly store: Pick<TelemetryStore, 'query' | 'priceSpans' | 'rederiveDay'>;
  readonly prices: Pick<PriceKeeper, 'learn'>;
  /** Runs a task while nothing is loaded; what is received waits in the journal. */
  readonly whileLoadsWait: (task: () => Promise<void>) => Promise<void>;
  readonly log: Logger;
}

interface Entry {
  readonly project: string;
  job: HistoryJob;
}

const entriesMax = 100;
const dayNanos = 86_400_000_000_000n;

export class HistoryJobs {
  readonly #options: HistoryJobsOptions;
  readonly #entries = new Map<string, Entry>();
  #running: Promise<void> | undefined;
  #isStopping = false;

  constructor(options: HistoryJobsOptions) {
    this.#options = options;
  }

  /** Throws `job_running` while another rework runs. */
  start(kind: HistoryJob['kind'], range: HistoryRange): HistoryJob {
    if (this.#running !== undefined)
      throw new SightlineError('job_running', 'Another rework of what is stored is running.', {
        hint: 'Wait until it is done, then ask again.',
      });
    const days = daysOf(range);
    const job: HistoryJob = {
      id: randomUUID(),
      kind,
      state: 'running',
      from: formatNanos(range.from),
      to: formatNanos(range.to),
      daysDone: 0,
      daysTotal: days.length,
      calls: 0,
      costUsdBefore: null,
      costUsdAfter: null,
      unpricedCallsBefore: 0,
      unpricedCalls: 0,
      error: null,
    };
    const entry: Entry = { project: range.project, job };
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= entriesMax && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(job.id, entry);
    this.#running = this.#run(entry, days).finally(() => (this.#running = undefined));
    return job;
  }

  find(project: string, id: string): HistoryJob | undefined {
    const entry = this.#entries.get(id);
    return entry?.project === project ? entry.job : undefined;
  }

  /** Resolves when the day under way is done; the rest is left. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
  }

  async #run(entry: Entry, days: readonly DayRange[]): Promise<void> {
    const { log, store, settleRuns } = this.#options;
    const { kind } = entry.job;
    try {
      for (const day of days) {
        if (this.#isStopping) throw new Error('The server is stopping.');
        await settleRuns();
        const before = await sumCalls(store, day);
        await (kind === 'reprice' ? this.#reprice(day) : this.#rederive(day));
        await settleRuns();
        const after = await sumCalls(store, day);
        const { job } = entry;
        entry.job = {
          ...job,
          daysDone: job.daysDone + 1,
          calls: job.calls + after.calls,
          costUsdBefore: addKnown(job.costUsdBefore, before.costUsd),
          costUsdAfter: addKnown(job.costUsdAfter, after.costUsd),
          unpricedCallsBefore: job.unpricedCallsBefore + before.unpricedCalls,
          unpricedCalls: job.unpricedCalls + after.unpricedCalls,
        };
      }
      entry.job = { ...entry.job, state: 'done' };
    } catch (error) {
      log.error({ err: error, kind }, 'A rework of what is stored failed; it can be started again.');
      entry.job = { ...entry.job, state: 'failed', error: failureText(error) };
    }
  }

  async #reprice(day: DayRange): Promise<void> {
    const { store, prices } = this.#options;
    await prices.learn(await findCalledModels(store, day));
    const { project, from, to } = day;
    await store.priceSpans({ which: 'range', project, from, to });
  }

  async #rederive(day: DayRange): Promise<void> {
    const { store, whileLoadsWait } = this.#options;
    for (const signal of ['traces', 'logs'] as const)
      await whileLoadsWait(async () => store.rederiveDay({ ...day, signal }));
    // Models may be called otherwise now, and prices be missing that were never asked for.
    await this.#reprice(day);
  }
}

/** Unknown and unknown is unknown, and not 0. */
function addKnown(a: number | null, b: number | null): number | null {
  return a === null ? b : a + (b ?? 0);
}

interface DayRange extends HistoryRange {
  /** As in `2026-11-21`. */
  readonly day: string;
}

/** The UTC days of the range, the first and the last cut to it; the newest first, since that is what people look at. */
function daysOf({ project, from, to }: HistoryRange): readonly DayRange[] {
  const days: DayRange[] = [];
  for (let start = from - (from % dayNanos); start < to; start += dayNanos) {
    const begin: UnixNano = unixNano(start > from ? start : from);
    const end: UnixNano = unixNano(start + dayNanos < to ? start + dayNanos : to);
    days.push({ project, day: formatNanos(begin).slice(0, 10), from: begin, to: end });
  }
  return days.toReversed();
}
