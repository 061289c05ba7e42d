import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { overviewQuery } from '../api/agent-queries.ts';
import { type ChartMetric, chartMetrics, partsOfCharts } from '../model/overview-charts.ts';
import { rangeFromMs } from '../model/time-range.ts';
import { ChartTools } from './chart-tools.tsx';
import { useLoaded } from './use-loaded.ts';
import { overviewAnswer } from './use-part.ts';
import type { UrlSearch } from './url-state.ts';
import type { Question } from './use-question.ts';
import './list-charts.css';

const loadCharts = async () => (await import('./overview-charts.tsx')).OverviewCharts;

interface ListChartsProps {
  readonly question: Question;
  /** What the page is narrowed to besides its filter. */
  readonly narrowed: UrlSearch;
  readonly metrics: readonly ChartMetric['id'][];
}

/** Some of the overview's numbers over the time of a page; a click opens the runs behind a point. */
export function ListCharts({ question, narrowed, metrics }: ListChartsProps): ReactElement {
  const shown = metrics.flatMap((id) => chartMetrics.filter((metric) => metric.id === id));
  const wanted = { ...question.asked, ...narrowed, parts: partsOfCharts(metrics) };
  const query = useQuery(overviewQuery(wanted, question.asOf));
  const OverviewCharts = useLoaded('overview-charts', loadCharts);
  return (
    <div className={`list-charts list-charts-${metrics.length}`}>
      <ChartTools question={question} narrowed={narrowed} />
      {OverviewCharts !== undefined && (
        <OverviewCharts
          metrics={shown}
          answer={overviewAnswer(query, wanted)}
          groupBy="model"
          isSplit={false}
          narrowed={{ q: question.filter, ...narrowed }}
          onBrush={(fromMs, toMs) => question.setRange(rangeFromMs(fromMs, toMs))}
        />
      )}
    </div>
  );
}
