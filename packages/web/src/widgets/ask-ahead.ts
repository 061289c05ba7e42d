/**
 * The first questions of the pages that ask most, asked while their link is pointed at. They must have the keys that the pages give them: `coming-and-going.browser.test.ts`
 * fails where a page asks again.
 */
import type { QueryClient, QueryKey } from '@tanstack/react-query';
import {
  agentListQuery,
  mcpQuery,
  overviewQuery,
  performanceQuery,
  realtimeQuery,
} from '../api/agent-queries.ts';
import { serviceMapQuery } from '../api/analysis-queries.ts';
import { errorsQuery } from '../api/error-queries.ts';
import { fleetQuery } from '../api/fleet-queries.ts';
import { outlookQuery } from '../api/outlook-queries.ts';
import { facetsQuery, histogramQuery, logsQuery, servicesQuery, tracesQuery } from '../api/queries.ts';
import { codingAgentsQuery } from '../api/score-queries.ts';
import { type ChartMetric, groupPartsParameter, partsOfCharts } from '../model/overview-charts.ts';
import { facetFilter, runFacetLabels } from '../model/run-facets.ts';
import { defaultRange, lastDay, type TimeRange } from '../model/time-range.ts';
import { outlookPresets } from '../model/outlook-words.ts';
import { aheadMoment } from './asked-moment.ts';
import type { UrlSearch } from './url-state.ts';

type Ask = (client: QueryClient) => { readonly key: QueryKey; readonly answer: Promise<void> };
type Asks = (range: TimeRange, asOf: number) => readonly Ask[];

const one =
  (query: { readonly queryKey: QueryKey }): Ask =>
  (client) => ({ key: query.queryKey, answer: client.prefetchQuery(query) });
const pages =
  (query: { readonly queryKey: QueryKey; readonly initialPageParam: unknown }): Ask =>
  (client) => ({
    key: query.queryKey,
    answer: client.prefetchInfiniteQuery(query),
  });

const charts =
  (...ids: readonly ChartMetric['id'][]): Asks =>
  (range, asOf) => [one(overviewQuery({ ...range, parts: partsOfCharts(ids) }, asOf))];
const list =
  (name: Parameters<typeof agentListQuery>[0]): Asks =>
  (range, asOf) => [pages(agentListQuery(name, { ...range }, asOf))];
const together =
  (...all: readonly Asks[]): Asks =>
  (range, asOf) =>
    all.flatMap((asks) => asks(range, asOf));
const histogram =
  (signal: 'traces' | 'logs'): Asks =>
  (range, asOf) => [one(histogramQuery({ ...range, q: undefined, signal, buckets: 80 }, asOf))];

/** By path, the slowest question first: its answer is what the page waits for. */
const asksOf: Readonly<Record<string, Asks>> = {
  '/': (range, asOf) => [
    one(overviewQuery({ ...range, groupBy: 'model', groupSeries: 'false' }, asOf)),
    one(realtimeQuery({ windowS: '60', latencyWindowS: '300', hallucinationWindowS: '3600' })),
  ],
  '/runs': together(
    (range, asOf) => [one(overviewQuery({ ...range, steps: 80, parts: groupPartsParameter }, asOf))],
    list('runs'),
    (range, asOf) => [
      one(
        facetsQuery(
          {
            ...range,
            q: facetFilter('', {}).asked,
            signal: 'traces',
            fields: Object.keys(runFacetLabels).join(','),
            limit: 6,
          },
          asOf,
        ),
      ),
    ],
  ),
  '/sessions': together(list('sessions'), charts('runs', 'cost')),
  '/users': together(list('users'), charts('runs', 'cost')),
  '/agents': list('agents'),
  '/models': list('models'),
  '/tools': list('tools'),
  '/performance': together(
    (range, asOf) => [one(performanceQuery(undefined, { ...range }, asOf))],
    charts('duration', 'errors', 'firstToken', 'cost'),
    (range) => [one(servicesQuery(range))],
    (range) => list('agents')(range, 0),
    (range) => list('models')(range, 0),
  ),
  '/map': (range, asOf) => [one(serviceMapQuery({ ...range }, asOf))],
  '/compare': histogram('traces'),
  '/outlook': (range, asOf) => [
    one(
      outlookQuery(
        { kind: 'sightline', value: outlookPresets[0]?.value ?? 'count', ...range, aheadS: 0 },
        asOf,
      ),
    ),
  ],
  '/fleet': (range, asOf) => [one(fleetQuery(range, asOf))],
  '/wall': (range, asOf) => [one(fleetQuery(range, asOf)), one(realtimeQuery({}))],
  '/mcp': (range, asOf) => [one(mcpQuery({ ...range }, asOf))],
  '/coding-agents': (range, asOf) => [one(codingAgentsQuery({ ...range }, asOf))],
  '/errors': (range, asOf) => [
    one(errorsQuery({ ...range, status: 'open', sort: '-lastTime', limit: 200 }, asOf)),
  ],
  '/traces': together(
    (range, asOf) => [pages(tracesQuery({ ...range, q: undefined }, asOf))],
    histogram('traces'),
  ),
  '/logs': together((range, asOf) => [pages(logsQuery({ ...range, q: undefined }, asOf))], histogram('logs')),
};

/** Of the pages whose usual range is not that of the others. */
const usualRanges: Readonly<Record<string, TimeRange>> = { '/coding-agents': lastDay };

/** Asks what the page at `path` will ask first. Only for an address with nothing but a range. The result ends what no page has come to wait for. */
export function askAhead(client: QueryClient, path: string, search: UrlSearch): () => void {
  const usual = usualRanges[path] ?? defaultRange;
  const { from = usual.from, to = usual.to, ...others } = search;
  const asks = asksOf[path];
  if (asks === undefined || Object.keys(others).length > 0) return () => undefined;
  const asked = asks({ from, to }, aheadMoment(path)).map((ask) => ask(client));
  return () => {
    for (const { key } of asked) {
      const query = client.getQueryCache().find({ queryKey: key, exact: true });
      if (query?.getObserversCount() === 0) void client.cancelQueries({ queryKey: key, exact: true });
    }
  };
}
