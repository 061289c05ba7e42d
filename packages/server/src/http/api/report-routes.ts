import { linkBasePattern, reportParameters, reportResponse } from '@sightline/schema/api';
import { z } from 'zod';
import { renderReportHtml, reportPolicy } from '../../reports/report-html.ts';
import { renderReportMarkdown } from '../../reports/report-markdown.ts';
import { describeReport } from '../../reports/report-page.ts';
import { readReport } from '../../reports/read-report.ts';
import { readDecisions } from './errors-routes.ts';
import { type ApiRoute, route } from './route-table.ts';

/** What happened in a period, on one page. */
export const reportRoutes: readonly ApiRoute[] = [
  route({
    path: '/report',
    summary:
      'What happened in a period, beside the one before: runs, failures, cost, latency, errors, deploys, alerts, SLOs; as JSON, HTML or Markdown.',
    tag: 'report',
    scope: 'read',
    query: reportParameters,
    response: z.union([reportResponse, z.string().describe('HTML or Markdown, where asked for.')]),
    share: 'search',
    answer: async ({ context, sources: { catalog }, query, request, reply }) => {
      const decisions = await readDecisions(catalog, context.project);
      const report = await readReport(context, { catalog, decisions }, query);
      if (query.format === 'json') return report;
      const asked = query.linkBase ?? `${request.protocol}://${request.host}`;
      const linkBase = linkBasePattern.test(asked) ? asked.replace(/\/+$/, '') : '';
      const page = describeReport(report);
      if (query.format === 'markdown') {
        void reply.type('text/markdown; charset=utf-8');
        return renderReportMarkdown(page, linkBase);
      }
      void reply.header('content-security-policy', reportPolicy).type('text/html; charset=utf-8');
      return renderReportHtml(page, linkBase);
    },
  }),
];
