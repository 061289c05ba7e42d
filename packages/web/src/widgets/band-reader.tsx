import type { OverviewResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { type OutlookAsked, outlookQuery } from '../api/outlook-queries.ts';
import { type Band, bandAt, bandOf, bandValue } from '../model/expected-band.ts';
import type { ChartMetric } from '../model/overview-charts.ts';
import { msFromTimestamp } from '../model/timestamp.ts';
import type { UrlSearch } from './url-state.ts';

/** The range of a live page moves on every few seconds; the band is asked for every five minutes. */
const roundMs = 300_000;

const rounded = (ms: number, round: (value: number) => number): string =>
  new Date(round(ms / roundMs) * roundMs).toISOString();

/** A question whose answer holds for five minutes. */
const askedOf = ({
  kind,
  value,
  fromMs,
  toMs,
  stepS,
}: Omit<ExpectedValue, 'isSum'> & Drawn): OutlookAsked => ({
  kind,
  value,
  from: rounded(fromMs, Math.floor),
  to: rounded(toMs, Math.ceil),
  stepS: Math.min(86_400, Math.max(60, Math.round(stepS))),
});

/** What a chart draws, as rules of alerts or PromQL ask for it. */
export interface ExpectedValue {
  readonly kind: OutlookAsked['kind'];
  readonly value: string;
  /** A longer window holds more. */
  readonly isSum: boolean;
}

interface Drawn {
  readonly fromMs: number;
  readonly toMs: number;
  /** Between two points of the chart. */
  readonly stepS: number;
}

interface ValueBandReaderProps extends Drawn {
  readonly expected: ExpectedValue;
  readonly xS: readonly number[];
  /** A point of the chart stands at the beginning of its step, one of PromQL at its end. */
  readonly isAtEnd: boolean;
  readonly onBand: (band: Band | undefined) => void;
}

/** Asks what the only line of a chart was expected between; draws nothing itself. */
export function ValueBandReader({ expected, xS, isAtEnd, onBand, ...drawn }: ValueBandReaderProps): null {
  const { stepS } = drawn;
  const { isSum } = expected;
  const { data } = useQuery(outlookQuery(askedOf({ ...expected, ...drawn }), 0));
  useEffect(() => {
    onBand(
      data === undefined
        ? undefined
        : bandAt(
            xS.map((timeS) => timeS + (isAtEnd ? 0 : stepS)),
            data,
            { stepS, scale: isSum ? stepS / data.stepS : 1 },
          ),
    );
  }, [data, xS, isAtEnd, stepS, isSum, onBand]);
  return null;
}

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
      askedOf({
        kind: 'sightline',
        value: value ?? 'count',
        fromMs: msFromTimestamp(startTime),
        toMs: msFromTimestamp(endTime),
        stepS: stepMs / 1000,
      }),
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
