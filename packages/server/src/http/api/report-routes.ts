import {
  linkBasePattern,
  type ReportParameters,
  reportParameters,
  type ReportResponse,
  reportResponse,
} from '@sightline/schema/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { renderReportHtml, reportPolicy } from '../../reports/report-html.ts';
import { renderReportMarkdown } from '../../reports/report-markdown.ts';
import { describeReport } from '@sightline/schema/report';
import { readReport } from '../../reports/read-report.ts';
import { readDecisions } from './errors-routes.ts';
import { type ApiRoute, route } from './route-table.ts';

/** A report in the format that is asked for. */
export function writeReport(
  report: ReportResponse,
  asked: Pick<ReportParameters, 'format' | 'linkBase'> & {
    readonly described: NonNullable<Parameters<typeof describeReport>[1]>;
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
  },
): ReportResponse | string {
  const { format, described, request, reply } = asked;
  if (format === 'json') return report;
  const address = asked.linkBase ?? `${request.protocol}://${request.host}`;
  const linkBase = linkBasePattern.test(address) ? address.replace(/\/+$/, '') : '';
  const page = describeReport(report, described);
  if (format === 'markdown') {
    void reply.type('text/markdown; charset=utf-8');
    return renderReportMarkdown(page, linkBase);
  }
  void reply.header('content-security-policy', reportPolicy).type('text/html; charset=utf-8');
  return renderReportHtml(page, linkBase);
}

/** What happened in a period, on one page. */
export const reportRoutes: readonly ApiRoute[] = [
  route({
    path: '/report',
    summary:
      'What happened in a period, beside the one before: runs, failures, cost, latency, errors, deploys, alerts, SLOs; as JSON, HTML or Markdown.',
    tag: 'report',
    scope: 'read',
    query: reportParameters,
    response: reportResponse,
    files: ['text/html', 'text/markdown'],
    share: 'search',
    answer: async ({ context, sources: { catalog, ledger }, query, request, reply }) => {
      const decisions = await readDecisions(catalog, context.project);
      const report = await readReport(context, { catalog, decisions, ledger }, query);
      const { timeZone } = query;
      return writeReport(report, { ...query, described: { timeZone }, request, reply });
    },
  }),
];
