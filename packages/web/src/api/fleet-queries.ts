/** All agents of a window with what they are measured by. Same rules as in `queries.ts`. */
import type { OverviewResponse, Thresholds } from '@sightline/schema/api';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { comparedOverview } from '../model/compared-overview.ts';
import { fleetOf } from '../model/fleet.ts';
import type { TimeRange } from '../model/time-range.ts';
import { getJson } from './client.ts';

/** As many as the server tells of; the page says how many it left out. */
const agentsMax = 500;
/** Of the spark line of a tile. */
const stepsMax = 16;

export const fleetQuery = ({ from, to }: TimeRange, asOf: number) =>
  queryOptions({
    queryKey: ['fleet', from, to, asOf],
    queryFn: async ({ signal }) => {
      const asked = { from, to, groupBy: 'agent', groups: agentsMax, steps: stepsMax, parts: 'runs,calls' };
      const [overview, thresholds] = await Promise.all([
        getJson<OverviewResponse>('/overview', asked, signal),
        getJson<Thresholds>('/settings/thresholds', {}, signal),
      ]);
      const { otherGroups, partsMissing, limitsMet } = overview;
      return {
        agents: fleetOf(comparedOverview(overview), thresholds),
        otherGroups,
        missing: partsMissing?.find(({ part }) => part === 'runs' || part === 'calls')?.message,
        limitsMet,
      };
    },
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
