import type { OverviewResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { outlookQuery } from '../api/outlook-queries.ts';
import { type Band, bandOf, bandValue } from '../model/expected-band.ts';
import type { ChartMetric } from '../model/overview-charts.ts';
import { msFromTimestamp } from '../model/timestamp.ts';
import type { UrlSearch } from './url-state.ts';

/** The range of a live page moves on every few seconds; the band is asked for every five minutes. */
const roundMs = 300_000;

const rounded = (time: string, round: (value: number) => number): string =>
  new Date(round(msFromTimestamp(time) / roundMs) * roundMs).toISOString();

interface BandReaderProps {
  readonly metric: ChartMetric;
  readonly overview: OverviewResponse;
  readonly narrowed: UrlSearch;
  readonly onBand: (band: Band | undefined) => void;
}

/** Asks what the first line of a chart was expected between; draws nothing itself. */
export function BandReader({ metric, overview, narrowed, onBand }: BandReaderProps): null {
  const { startTime, endTime, stepMs, series } = overview;
  const value = bandValue(metric, stepMs, narrowed);
  const { data } = useQuery({
    ...outlookQuery(
      {
        kind: 'sightline',
        value: value ?? 'count',
        from: rounded(startTime, Math.floor),
        to: rounded(endTime, Math.ceil),
        stepS: Math.min(86_400, Math.max(60, Math.round(stepMs / 1000))),
      },
      0,
    ),
    enabled: value !== undefined,
    placeholderData: (before) => before,
  });
  useEffect(() => {
    onBand(
      data === undefined || value === undefined
        ? undefined
        : bandOf(metric, { startsMs: series.map(({ startMs }) => startMs), stepMs }, data),
    );
  }, [data, value, metric, series, stepMs, onBand]);
  return null;
}
