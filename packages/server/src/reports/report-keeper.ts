/**
 * Makes scheduled reports. Of all servers the one that evaluates alerts does. The report, its messages in the outbox of alerts, and the time at which
 * it is due again are one transaction, which fails where the schedule has moved on: a report is made once.
 */
import { type Clock, formatNanos, nanosFromMs } from '@sightline/base';
import type { LedgerResponse, ReportResponse } from '@sightline/schema/api';
import { describeReport } from '@sightline/schema/report';
import type { Logger } from 'pino';
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import {
  addReport,
  addReportMessages,
  dueSchedules,
  moveSchedule,
  readDatabaseTime,
  reportKey,
  type StoredSchedule,
} from '../catalog/report-schedules.ts';
import type { ErrorDecisions } from '../query/errors/grouped-errors.ts';
import type { QueryContext } from '../query/reader.ts';
import { readReport } from './read-report.ts';
import { keepReportFile } from './report-files.ts';
import { renderReportHtml } from './report-html.ts';
import { notifyOfReport } from './report-notification.ts';
import { catchUp, periodOf } from './schedule-times.ts';

export interface ReportKeeperOptions {
  readonly catalog: CatalogDatabase;
  readonly store: QueryContext['store'];
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  readonly settle?: QueryContext['settle'];
  /** Whether this server is the one that makes reports. */
  readonly isMaker: () => boolean;
  readonly decisionsOf: (project: string) => Promise<ErrorDecisions>;
  readonly ledger: () => LedgerResponse | Promise<LedgerResponse>;
  readonly linkTo: (path: string) => string;
  /** Where files of reports are kept. */
  readonly directory: string;
}

const lookEveryMs = 2_000;
/** A report that could not be made is tried again so much later. */
const retryMs = 60_000;

export class ReportKeeper {
  readonly #options: ReportKeeperOptions;
  /** Schedules whose report failed, and until when they are left alone. */
  readonly #failed = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #isStopped = false;
  #isFailing = false;

  constructor(options: ReportKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#work = this.#look().finally(() => this.start());
    }, lookEveryMs).unref();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#work;
  }

  /** Makes the report that the schedule would make now, and sends it: it is due as before. The id of the report, or undefined where the schedule is gone. */
  async sendNow(schedule: StoredSchedule): Promise<string | undefined> {
    const now = await readDatabaseTime(this.#options.catalog);
    return this.#make(schedule, { periodAtMs: now.getTime(), dueAt: null, missed: 0 });
  }

  async #look(): Promise<void> {
    const { catalog, clock, log, isMaker } = this.#options;
    if (!isMaker()) return;
    try {
      for (const schedule of await dueSchedules(catalog)) {
        if (this.#isStopped) return;
        if ((this.#failed.get(schedule.id) ?? -Infinity) > clock.monotonicMs()) continue;
        await this.#makeDue(schedule);
      }
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing)
        log.warn({ err: error }, 'Schedules of reports could not be read; they are tried again.');
      this.#isFailing = true;
    }
  }

  async #makeDue(schedule: StoredSchedule & { readonly nextAt: Date; readonly now: Date }): Promise<void> {
    const { clock, log } = this.#options;
    const { id, name, timing, nextAt, now } = schedule;
    const { dueMs, missed, nextMs } = catchUp(timing, { fromMs: nextAt.getTime(), nowMs: now.getTime() });
    try {
      await this.#make(schedule, {
        periodAtMs: dueMs,
        dueAt: new Date(dueMs),
        missed,
        moved: { from: nextAt, to: new Date(nextMs) },
      });
      this.#failed.delete(id);
    } catch (error) {
      this.#failed.set(id, clock.monotonicMs() + retryMs);
      log.warn(
        { err: error, schedule: name },
        'A scheduled report could not be made; it is tried again in a minute.',
      );
    }
  }

  async #make(
    { id: scheduleId, project, name, timing, q, channels, file }: StoredSchedule,
    made: {
      readonly periodAtMs: number;
      readonly dueAt: Date | null;
      readonly missed: number;
      readonly moved?: { readonly from: Date; readonly to: Date };
    },
  ): Promise<string | undefined> {
    const { catalog, linkTo, directory } = this.#options;
    const { periodAtMs, dueAt, missed, moved } = made;
    const { timeZone } = timing;
    const report = await this.#read(project, { q, timeZone, ...periodOf(timing, periodAtMs) });
    const linkBase = linkTo('');
    if (file) {
      const page = describeReport(report, { timeZone, title: name });
      await keepReportFile({
        directory,
        scheduleId,
        name,
        time: report.endTime,
        html: renderReportHtml(page, linkBase),
      });
    }
    return catalog.transaction(async (tx) => {
      if (moved !== undefined && !(await moveSchedule(tx, { id: scheduleId, ...moved }))) return undefined;
      const kept = await addReport(tx, { project, scheduleId, name, dueAt, missed, timeZone, report });
      if (kept === undefined) return undefined;
      const key = reportKey(kept.id);
      const link = linkTo(`/reports?report=${kept.id}`);
      const notification = notifyOfReport({
        key,
        name,
        timeZone,
        missed,
        report,
        at: kept.madeAt,
        linkBase,
        link,
      });
      await addReportMessages(
        tx,
        channels.map((channel) => {
          const dedupeKey = `${key}-${channel}`;
          return { project, channel, dedupeKey, body: { ...notification, dedupeKey } };
        }),
      );
      return kept.id;
    });
  }

  async #read(
    project: string,
    {
      q,
      timeZone,
      fromMs,
      toMs,
    }: {
      readonly q: string | undefined;
      readonly timeZone: string;
      readonly fromMs: number;
      readonly toMs: number;
    },
  ): Promise<ReportResponse> {
    const { catalog, store, clock, settle, decisionsOf, ledger } = this.#options;
    const context: QueryContext = { store, clock, project, share: 'background', settle };
    return readReport(
      context,
      { catalog, decisions: await decisionsOf(project), ledger },
      {
        from: formatNanos(nanosFromMs(fromMs)),
        to: formatNanos(nanosFromMs(toMs)),
        timeZone,
        ...(q === undefined ? {} : { q }),
      },
    );
  }
}
