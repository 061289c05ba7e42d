import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { metricsQuery } from '../../api/queries.ts';
import { counted } from '@sightline/base';
import { describeRangeInSentence, rangeFromMs } from '../../model/time-range.ts';
import { FailureNote } from '../../widgets/failure-note.tsx';
import { Button } from '../../widgets/button.tsx';
import { Page } from '../../widgets/page.tsx';
import { Filler } from '../../widgets/filler.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { LimitsNote, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { useChartMoment } from '../../widgets/use-chart-moment.ts';
import { useQuestion } from '../../widgets/use-question.ts';
import { SaveRows } from '../../widgets/save-rows.tsx';
import { ViewsMenu } from '../../widgets/views-menu.tsx';
import { MetricChart } from './metric-chart.tsx';
import { MetricList } from './metric-list.tsx';
import { PromqlPanel } from './promql-panel.tsx';
import { useMetricAnswer } from './use-metric-answer.ts';
import './metrics-page.css';

/** Every metric there is, and one of them drawn. */
export function MetricsPage(): ReactElement {
  const question = useQuestion();
  const { range, search, patch, asOf, isLive } = question;
  const metrics = useQuery(metricsQuery(range));
  const all = useMemo(
    () => metrics.data?.metrics.toSorted((a, b) => (a.name < b.name ? -1 : 1)) ?? [],
    [metrics.data],
  );
  const name = search['name'] ?? all[0]?.name;
  const info = all.find((metric) => metric.name === name);
  const chartAsOf = useChartMoment(asOf, isLive);
  const isPromql = search['view'] === 'promql';
  const answer = useMetricAnswer({ question, name: isPromql ? undefined : name, info, asOf: chartAsOf });
  return (
    <Page
      title={isPromql ? 'PromQL' : (name ?? 'Metrics')}
      answer={
        (isPromql ? 'Metrics by PromQL' : answer.sentence) ??
        (metrics.isPending || answer.query.isLoading ? (
          <SkeletonText width={420} />
        ) : metrics.data !== undefined && all.length === 0 ? (
          `No metrics ${describeRangeInSentence(range, asOf)}`
        ) : (
          (name ?? 'Metrics')
        ))
      }
      detail={
        info === undefined || isPromql
          ? undefined
          : info.description ||
            `${counted(info.seriesCount, 'series', 'series')} from ${info.services.join(', ')}`
      }
      actions={
        <>
          <Button
            pressed={isPromql}
            onClick={() =>
              patch({ view: isPromql ? undefined : 'promql', expr: undefined, expr2: undefined })
            }
          >
            PromQL
          </Button>
          <ViewsMenu />
          <SaveRows list="metrics" asked={{ ...range, service: question.search['service'] }} />
          <TimeRangePicker
            range={range}
            live={isLive}
            onLive={question.setLive}
            onChange={question.setRange}
            onRefresh={question.refresh}
          />
        </>
      }
    >
      <div className="split">
        {metrics.isPending ? (
          <div className="metric-list">
            <SkeletonRows count={16} />
          </div>
        ) : (
          <MetricList
            metrics={all}
            limits={metrics.data?.limitsMet}
            chosen={name}
            onChoose={(chosen) =>
              patch({ name: chosen, agg: undefined, by: undefined, q: undefined, view: undefined })
            }
          />
        )}
        <div className="split-main metric-main">
          <FailureNote
            query={metrics}
            isShown={metrics.data !== undefined}
            onRetry={() => void metrics.refetch()}
          />
          {metrics.data !== undefined && all.length === 0 && (
            <Notice icon="metrics" title="No metrics in this range">
              <p>Metrics come over OTLP, like traces; exporters send them every few seconds to a minute.</p>
              <PageLink to="/get-started" className="button">
                Get started
              </PageLink>
              <Filler page="metrics" />
            </Notice>
          )}
          <LimitsNote limits={answer.response?.limitsMet} />
          {isPromql && <PromqlPanel question={question} asOf={chartAsOf} />}
          {name !== undefined && !isPromql && (
            <MetricChart
              question={question}
              name={name}
              info={info}
              query={answer.query}
              response={answer.response}
              data={answer.data}
              onBrush={(fromMs, toMs) => question.setRange(rangeFromMs(fromMs, toMs))}
            />
          )}
        </div>
      </div>
    </Page>
  );
}
