import {
  damageAccepted,
  facetsParameters,
  facetsResponse,
  fieldsParameters,
  fieldsResponse,
  histogramParameters,
  histogramResponse,
  ledgerResponse,
  quarantineResendRequest,
  quarantineResent,
  logContextParameters,
  logContextResponse,
  logsParameters,
  logsResponse,
  metricQueryParameters,
  metricQueryResponse,
  metricsParameters,
  metricsResponse,
  rangeParameters,
  servicesResponse,
  slimTraceResponse,
  span,
  spansParameters,
  spansResponse,
  sqlRequest,
  sqlResponse,
  statusResponse,
  tailEvents,
  tailParameters,
  timelineParameters,
  timelineResponse,
  traceParameters,
  deletedTraceResponse,
  traceResponse,
  tracesParameters,
  tracesResponse,
} from '@sightline/schema/api';
import { z } from 'zod';
import { findLogs } from '../../query/find-logs.ts';
import { findSpans } from '../../query/find-spans.ts';
import { findTraces } from '../../query/find-traces.ts';
import { listMetrics } from '../../query/metrics/list-metrics.ts';
import { queryMetric } from '../../query/metrics/query-metric.ts';
import { readFacets } from '../../query/read-facets.ts';
import { readFieldNames } from '../../query/read-fields.ts';
import { readHistogram } from '../../query/read-histogram.ts';
import { readLogContext } from '../../query/read-log-context.ts';
import { readServices } from '../../query/read-services.ts';
import { readSlimTrace } from '../../query/read-slim-trace.ts';
import { readTimeline } from '../../query/read-timeline.ts';
import { normalTraceId, readSpan, readTrace, readTraceExtent } from '../../query/read-trace.ts';
import { Reader } from '../../query/reader.ts';
import { runSql } from '../../query/run-sql.ts';
import { agentRoutes } from './agent-routes.ts';
import { alertRulesRoutes } from './alert-rules-routes.ts';
import { alertsRoutes } from './alerts-routes.ts';
import { analysisRoutes } from './analysis-routes.ts';
import { annotationRoutes } from './annotation-routes.ts';
import { channelsRoutes } from './channels-routes.ts';
import { checksRoutes } from './checks-routes.ts';
import { outlookRoutes } from './outlook-routes.ts';
import { regressionsRoutes } from './regressions-routes.ts';
import { codingAgentsRoutes } from './coding-agents-routes.ts';
import { datasetsRoutes } from './datasets-routes.ts';
import { experimentsRoutes } from './experiments-routes.ts';
import { playgroundRoutes } from './playground-routes.ts';
import { promptsRoutes } from './prompts-routes.ts';
import { dashboardLinksRoutes } from './dashboard-links-routes.ts';
import { dashboardsRoutes } from './dashboards-routes.ts';
import { errorForwardingRoutes } from './error-forwarding-routes.ts';
import { errorsRoutes } from './errors-routes.ts';
import { evaluatorsRoutes } from './evaluators-routes.ts';
import { reportRoutes } from './report-routes.ts';
import { reportSchedulesRoutes } from './report-schedules-routes.ts';
import { replaysRoutes } from './replays-routes.ts';
import { pricesRoutes } from './prices-routes.ts';
import { explainFailure } from '../../query/store-failure.ts';
import { type ApiRoute, route } from './route-table.ts';
import { overviewRoutes } from './overview-routes.ts';
import { runRoutes } from './run-routes.ts';
import { rowFilesRoutes } from './row-files-routes.ts';
import { scoresRoutes } from './scores-routes.ts';
import { demoRoutes } from './demo-routes.ts';
import { settingsRoutes } from './settings-routes.ts';
import { sourceMapsRoutes } from './source-maps-routes.ts';
import { slosRoutes } from './slos-routes.ts';
import { viewsRoutes } from './views-routes.ts';
import { streamTail } from './tail-stream.ts';

const noParameters = z.object({});
const traceInPath = z.object({ traceId: z.string().describe('32 hex digits.') });
const spanInPath = traceInPath.extend({ spanId: z.string().describe('16 hex digits.') });
const logInPath = z.object({ id: z.string().describe('`id` of a log record.') });
const correlationInPath = z.object({
  correlationId: z.string().min(1).max(500).describe('A correlation id, or a trace id.'),
});

const listedRoutes: readonly ApiRoute[] = [
  ...settingsRoutes,
  ...demoRoutes,
  ...pricesRoutes,
  ...agentRoutes,
  ...runRoutes,
  ...overviewRoutes,
  ...scoresRoutes,
  ...evaluatorsRoutes,
  ...errorForwardingRoutes,
  ...errorsRoutes,
  ...sourceMapsRoutes,
  ...analysisRoutes,
  ...checksRoutes,
  ...outlookRoutes,
  ...regressionsRoutes,
  ...dashboardsRoutes,
  ...dashboardLinksRoutes,
  ...reportRoutes,
  ...reportSchedulesRoutes,
  ...replaysRoutes,
  ...viewsRoutes,
  ...alertRulesRoutes,
  ...alertsRoutes,
  ...codingAgentsRoutes,
  ...annotationRoutes,
  ...promptsRoutes,
  ...datasetsRoutes,
  ...experimentsRoutes,
  ...playgroundRoutes,
  ...channelsRoutes,
  ...slosRoutes,
  route({
    path: '/traces',
    summary: 'Traces, the newest first.',
    tag: 'traces',
    scope: 'read',
    query: tracesParameters,
    response: tracesResponse,
    answer: ({ context, query }) => findTraces(context, query),
  }),
  route({
    path: '/traces/:traceId',
    summary: 'One trace: whole spans, or columns of slim ones for long traces.',
    tag: 'traces',
    scope: 'read',
    params: traceInPath,
    query: traceParameters,
    response: z.union([traceResponse, slimTraceResponse]),
    answer: ({ context, params: { traceId }, query: { detail, limit } }) =>
      detail === 'slim' ? readSlimTrace(context, { traceId, limit }) : readTrace(context, { traceId, limit }),
  }),
  route({
    method: 'DELETE',
    path: '/traces/:traceId',
    summary:
      'Deletes a trace with its logs, its scores and the texts that no other trace uses. Counts over time stay. What arrives of it later is kept.',
    tag: 'traces',
    scope: 'write',
    params: traceInPath,
    response: deletedTraceResponse,
    answer: async ({ context, sources, params }) => {
      const traceId = normalTraceId(params.traceId);
      const { spanCount } = await readTraceExtent(new Reader(context), traceId);
      const { project, store } = context;
      await sources.whileLoadsWait(async () => store.deleteTrace({ project, traceId }));
      return { deleted: traceId, spanCount };
    },
  }),
  route({
    path: '/traces/:traceId/spans/:spanId',
    summary: 'One span with everything it carries.',
    tag: 'traces',
    scope: 'read',
    params: spanInPath,
    query: noParameters,
    response: span,
    answer: ({ context, params }) => readSpan(context, params),
  }),
  route({
    path: '/spans',
    summary: 'Spans that meet a filter, the newest first.',
    tag: 'traces',
    scope: 'read',
    query: spansParameters,
    response: spansResponse,
    answer: ({ context, query }) => findSpans(context, query),
  }),
  route({
    path: '/logs',
    summary: 'Log records that meet a filter.',
    tag: 'logs',
    scope: 'read',
    query: logsParameters,
    response: logsResponse,
    answer: ({ context, query }) => findLogs(context, query),
  }),
  route({
    path: '/logs/:id/context',
    summary: 'The lines around one log record.',
    tag: 'logs',
    scope: 'read',
    params: logInPath,
    query: logContextParameters,
    response: logContextResponse,
    answer: ({ context, params, query }) => readLogContext(context, { ...query, ...params }),
  }),
  route({
    path: '/facets',
    summary: 'Top values of fields, with counts.',
    tag: 'explore',
    scope: 'read',
    query: facetsParameters,
    response: facetsResponse,
    share: 'search',
    answer: ({ context, query }) => readFacets(context, query),
  }),
  route({
    path: '/fields',
    summary: 'Names that can stand in a filter.',
    tag: 'explore',
    scope: 'read',
    query: fieldsParameters,
    response: fieldsResponse,
    share: 'search',
    answer: ({ context, query }) => readFieldNames(context, query),
  }),
  route({
    path: '/histogram',
    summary: 'Counts, errors and durations over time.',
    tag: 'explore',
    scope: 'read',
    query: histogramParameters,
    response: histogramResponse,
    share: 'search',
    answer: ({ context, query }) => readHistogram(context, query),
  }),
  route({
    path: '/services',
    summary: 'Services with their spans, errors and latency.',
    tag: 'explore',
    scope: 'read',
    query: rangeParameters,
    response: servicesResponse,
    answer: ({ context, query }) => readServices(context, query),
  }),
  route({
    path: '/metrics',
    summary: 'Names of metrics with type and unit.',
    tag: 'metrics',
    scope: 'read',
    query: metricsParameters,
    response: metricsResponse,
    answer: ({ context, query }) => listMetrics(context, query),
  }),
  route({
    path: '/metrics/query',
    summary: 'One metric over time, by groups of labels, with exemplars.',
    tag: 'metrics',
    scope: 'read',
    query: metricQueryParameters,
    response: metricQueryResponse,
    answer: ({ context, query }) => queryMetric(context, query),
  }),
  route({
    path: '/timeline/:correlationId',
    summary: 'Everything of one request across services, in order.',
    tag: 'explore',
    scope: 'read',
    params: correlationInPath,
    query: timelineParameters,
    response: timelineResponse,
    answer: ({ context, params, query }) => readTimeline(context, { ...query, ...params }),
  }),
  route({
    path: '/tail',
    summary: 'New spans or log records as they arrive, as server-sent events.',
    tag: 'explore',
    scope: 'read',
    query: tailParameters,
    pieces: {
      contentType: 'text/event-stream',
      description: 'Server-sent events; the data of each is one of these objects.',
      kinds: tailEvents,
    },
    answer: ({ context, query, request, reply, refusedNow }) =>
      streamTail(context, query, { request, reply, refusedNow }),
  }),
  route({
    method: 'POST',
    path: '/sql',
    summary: 'One reading SQL statement over the telemetry tables.',
    tag: 'explore',
    scope: 'read',
    body: sqlRequest,
    response: sqlResponse,
    answer: ({ context, body }) => runSql(context, body),
  }),
  route({
    path: '/ledger',
    summary: 'What was received, stored, rejected and is pending, by project and signal.',
    tag: 'system',
    scope: 'read',
    query: noParameters,
    response: ledgerResponse,
    answer: ({ sources }) => sources.ledger(),
  }),
  route({
    method: 'POST',
    path: '/quarantine/resend',
    summary: 'Tries again to store what was accepted and then refused by the engine, some pieces at a time.',
    tag: 'system',
    scope: 'admin',
    body: quarantineResendRequest,
    response: quarantineResent,
    answer: async ({ sources, body }) =>
      sources.resendQuarantine(body.after).catch((error: unknown) => {
        throw explainFailure(error);
      }),
  }),
  route({
    method: 'POST',
    path: '/damage/accept',
    summary:
      'Takes damaged parts of the store as lost: what cannot be read is set aside, and the server is ready again.',
    tag: 'system',
    scope: 'admin',
    body: z.strictObject({}),
    response: damageAccepted,
    answer: async ({ sources }) =>
      sources.acceptDamage().catch((error: unknown) => {
        throw explainFailure(error);
      }),
  }),
  route({
    path: '/status',
    summary: 'Version, health, disk and limits of this server.',
    tag: 'system',
    scope: 'read',
    query: noParameters,
    response: statusResponse,
    answer: ({ sources }) => sources.status(),
  }),
];

export const apiRouteTable: readonly ApiRoute[] = [...listedRoutes, ...rowFilesRoutes(listedRoutes)];
