/** A report as the message that channels deliver. */
import type { ReportResponse } from '@sightline/schema/api';
import { describeReport, type ReportPage } from '@sightline/schema/report';
import type { Notification } from '../alerts/notification.ts';
import { writeReportMail } from './report-mail.ts';

export interface ReportMessage {
  readonly key: string;
  readonly name: string;
  readonly timeZone: string;
  readonly missed: number;
  readonly report: ReportResponse;
  readonly at: Date;
  /** Of the UI, without a slash at its end. */
  readonly linkBase: string;
  readonly link: string;
}

export function notifyOfReport(message: ReportMessage): Omit<Notification, 'dedupeKey'> {
  const { key, name, timeZone, missed, report, at, linkBase, link } = message;
  const described = describeReport(report, { timeZone, title: name });
  const page: ReportPage = {
    ...described,
    remarks: [
      ...(missed === 0
        ? []
        : [
            `${missed === 1 ? 'The report before it was' : `${missed} reports before it were`} not made, because no server ran.`,
          ]),
      ...described.remarks,
    ],
  };
  return {
    key,
    sequence: 1,
    rule: name,
    severity: 'info',
    status: 'report',
    title: name,
    text: [page.period, page.summary, ...page.remarks, ...worseOf(page)].join('\n'),
    labels: {},
    alerts: [],
    alertCount: 0,
    link,
    at,
    report: {
      facts: factsOf(page),
      mail: writeReportMail(page, { linkBase, link }),
      numbers: report,
    },
  };
}

const worseShown = 5;

/** What a summary has room for. */
function worseOf({ tables }: ReportPage): readonly string[] {
  const rows = tables.find(({ title }) => title === 'What got worse')?.rows ?? [];
  return rows.slice(0, worseShown).map((cells) => `Worse: ${cells.map(({ text }) => text).join(', ')}`);
}

/** The first table: its measures with their change. */
function factsOf({ tables }: ReportPage): readonly (readonly [string, string])[] {
  return (tables[0]?.rows ?? []).flatMap(([name, now, , change]): [string, string][] => {
    if (name === undefined || now === undefined || now.value === undefined) return [];
    return [
      [name.text, change === undefined || change.text === '' ? now.text : `${now.text} (${change.text})`],
    ];
  });
}
