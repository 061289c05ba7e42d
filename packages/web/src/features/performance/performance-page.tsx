import type { PerformanceResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, type ReactElement } from 'react';
import { performanceQuery } from '../../api/agent-queries.ts';
import { loadPart } from '../../api/load-part.ts';
import { performanceSentence } from '../../model/agent-answers.ts';
import { costSaid } from '../../model/runs-answer.ts';
import { formatCostUsd, formatCount, formatDurationMs, formatShare } from '@sightline/base';
import { describeRangeInSentence } from '../../model/time-range.ts';
import { Segmented } from '../../widgets/button.tsx';
import { FilterChips } from '../../widgets/filter-chips.tsx';
import { ListCharts } from '../../widgets/list-charts.tsx';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, LimitsNote, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { carriedSearch, useUrlState } from '../../widgets/url-state.ts';
import { useExactFilters } from '../../widgets/use-exact-filters.ts';
import { useKept } from '../../widgets/use-kept.ts';
import { useQuestion } from '../../widgets/use-question.ts';
import { ViewsMenu } from '../../widgets/views-menu.tsx';
import { Findings } from './findings.tsx';
import { NarrowBy } from './narrow-by.tsx';
import { ThresholdForm } from './threshold-form.tsx';
import './performance-page.css';

const PathsView = lazy(loadPart(async () => ({ default: (await import('./paths-view.tsx')).PathsView })));
const StagesView = lazy(loadPart(async () => ({ default: (await import('./stages-view.tsx')).StagesView })));

const views = [
  { value: 'runs', label: 'Runs' },
  { value: 'paths', label: 'Where the time goes' },
  { value: 'stages', label: 'Stages' },
] as const;

/** How runs did against thresholds, where the time of traces goes, and how each stage did. */
export function PerformancePage(): ReactElement {
  const { search, patch } = useUrlState();
  const view = views.find(({ value }) => value === search['view'])?.value ?? 'runs';
  const toggle = (
    <Segmented
      label="View"
      value={view}
      options={views}
      // Said in any case: an address that says nothing opens the default view.
      onChange={(next) => patch({ view: next })}
    />
  );
  if (view === 'runs') return <RunsView toggle={toggle} />;
  return (
    <Suspense fallback={<SkeletonRows count={12} />}>
      {view === 'paths' ? <PathsView toggle={toggle} /> : <StagesView toggle={toggle} />}
    </Suspense>
  );
}

/** What was too slow, too expensive or failed too often, by thresholds that can be changed. */
function RunsView({ toggle }: { readonly toggle: ReactElement }): ReactElement {
  const question = useQuestion();
  const { range, asOf, search } = question;
  const filters = useExactFilters();
  const { session, service, agent, model, version, environment } = filters.values;
  const narrowed = { session, service, agent, model, version, environment };
  const query = useQuery(
    performanceQuery(
      session,
      { from: range.from, to: range.to, service, agent, model, version, environment },
      asOf,
    ),
  );
  const found = useKept(query.data, query.error);
  const when = `${describeRangeInSentence(range, asOf)}${session === undefined ? '' : ' of this session'}`;
  return (
    <Page
      title="Performance"
      answer={
        found === undefined ? (
          query.error === null ? (
            <SkeletonText width={420} />
          ) : (
            'Performance'
          )
        ) : (
          performanceSentence(found, when)
        )
      }
      detail={found === undefined ? undefined : comparedWords(found)}
      actions={
        <>
          {toggle}
          <ViewsMenu />
          <TimeRangePicker range={range} onChange={question.setRange} onRefresh={question.refresh} />
        </>
      }
    >
      <NarrowBy filters={filters} range={range} />
      <FilterChips filters={filters} />
      <LimitsNote limits={found?.limitsMet} />
      <KeptNote query={query} isShown={found !== undefined} onRetry={question.refresh} />
      <div className="performance" tabIndex={0} role="region" aria-label="Performance">
        {query.error !== null && found === undefined && (
          <ErrorNotice error={query.error} onRetry={question.refresh} />
        )}
        <ListCharts
          question={question}
          narrowed={narrowed}
          metrics={['duration', 'errors', 'firstToken', 'cost']}
        />
        {query.isPending && <SkeletonRows count={12} />}
        {found !== undefined && (
          <>
            <Summary found={found} runsSearch={{ ...carriedSearch(search), ...narrowed }} />
            <ThresholdForm
              key={JSON.stringify(found.thresholds)}
              thresholds={found.thresholds}
              onSaved={question.refresh}
            />
            <Findings findings={found.findings} counts={found.findingCounts} total={found.total} />
          </>
        )}
      </div>
    </Page>
  );
}

function comparedWords(found: PerformanceResponse): string {
  if (found.total === 0) return '';
  const parts = [`${formatCount(found.completed)} completed`, `${formatCount(found.failed)} failed`];
  if (found.p95Ms !== null) parts.push(`p95 ${formatDurationMs(found.p95Ms)}`);
  if (found.totalCostUsd !== null)
    parts.push(costSaid({ costUsd: found.totalCostUsd, unpricedCalls: found.unpricedCalls }));
  return parts.join(' · ');
}

function Summary({
  found,
  runsSearch,
}: {
  readonly found: PerformanceResponse;
  readonly runsSearch: Record<string, string | undefined>;
}): ReactElement {
  const ms = (value: number | null): string => (value === null ? '–' : formatDurationMs(value));
  const usd = (value: number | null): string =>
    value === null
      ? found.unpricedCalls > 0
        ? 'unknown'
        : '–'
      : `${found.unpricedCalls > 0 ? '≥ ' : ''}${formatCostUsd(value)}`;
  const facts: readonly (readonly [string, ReactElement | string])[] = [
    [
      'Runs',
      <PageLink key="all" to="/runs" search={runsSearch}>
        {formatCount(found.total)}
      </PageLink>,
    ],
    ['Completed', formatCount(found.completed)],
    [
      'Failed',
      <PageLink
        key="failed"
        to="/runs"
        search={{ ...runsSearch, status: 'error' }}
        className={found.failed > 0 ? 'error-text' : ''}
      >
        {formatCount(found.failed)}
      </PageLink>,
    ],
    ['Error rate', found.errorRate === null ? '–' : formatShare(found.errorRate)],
    ['Average', ms(found.avgMs)],
    ['p50', ms(found.p50Ms)],
    ['p90', ms(found.p90Ms)],
    ['p95', ms(found.p95Ms)],
    ['p99', ms(found.p99Ms)],
    ['Longest', ms(found.maxMs)],
    ['Cost', usd(found.totalCostUsd)],
    ['Cost a run', usd(found.avgCostUsd)],
  ];
  return (
    <dl className="performance-summary">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
