import type { OverviewGroup } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, type ReactElement } from 'react';
import { overviewQuery } from '../../api/agent-queries.ts';
import { loadPart } from '../../api/load-part.ts';
import { runsDetail, runsSentence } from '../../model/runs-answer.ts';
import { groupParts } from '../../model/overview-charts.ts';
import { isRelative, rangeFromMs } from '../../model/time-range.ts';
import { Segmented } from '../../widgets/button.tsx';
import { FilterBar } from '../../widgets/filter-bar.tsx';
import { FilterChips } from '../../widgets/filter-chips.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { Page } from '../../widgets/page.tsx';
import { Filler } from '../../widgets/filler.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, LimitsNote, Notice, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { useExactFilters } from '../../widgets/use-exact-filters.ts';
import { useKept } from '../../widgets/use-kept.ts';
import { useLoaded } from '../../widgets/use-loaded.ts';
import { overviewAnswer, usePart } from '../../widgets/use-part.ts';
import { PartNote } from '../../widgets/part-note.tsx';
import { useQuestion } from '../../widgets/use-question.ts';
import { GroupTable } from './group-table.tsx';
import { Realtime } from './realtime.tsx';
import { TopPrompts } from './top-prompts.tsx';
import { TopTools } from './top-tools.tsx';
import './overview-page.css';

const loadCharts = async () => (await import('../../widgets/overview-charts.tsx')).OverviewCharts;
const ChartTools = lazy(
  loadPart(async () => ({ default: (await import('../../widgets/chart-tools.tsx')).ChartTools })),
);

const splits = [
  { value: 'all', label: 'All' },
  { value: 'model', label: 'Model' },
  { value: 'agent', label: 'Agent' },
  { value: 'service', label: 'Service' },
  { value: 'version', label: 'Version' },
] as const;
type Split = (typeof splits)[number]['value'];

const refreshMs = 4500;

/** How the agents are doing: what ran, what failed, how long it took and what it cost, against the time before. */
export function OverviewPage(): ReactElement {
  const question = useQuestion();
  const { range, search, patch, filter, asked } = question;
  const filters = useExactFilters();
  const OverviewCharts = useLoaded('overview-charts', loadCharts);
  const isLive = search['live'] !== '0' && isRelative(range);
  const split = splits.find((one) => one.value === search['by'])?.value ?? 'all';
  const groupBy: OverviewGroup = split === 'all' ? 'model' : split;
  // The points of groups are most of the answer, and drawn only where the charts are split.
  const wanted = {
    ...asked,
    ...filters.values,
    groupBy,
    groupSeries: split === 'all' ? 'false' : undefined,
  };
  const query = useQuery({
    // The same question asked again, never a new one: an answer that takes longer than the pause still arrives.
    ...overviewQuery(wanted, question.asOf),
    refetchInterval: isLive ? refreshMs : false,
    meta: { background: true },
  });
  const overview = useKept(query.data, query.error);
  const answer = overviewAnswer(query, wanted, overview);
  const head = usePart(answer, groupParts);
  useKeys('Overview', [{ keys: 'r', label: 'Refresh', run: question.refresh }]);
  const setSplit = (next: Split): void => patch({ by: next === 'all' ? undefined : next }, 'replace');
  return (
    <Page
      title="Overview"
      answer={
        head.overview === undefined ? (
          query.error === null && head.missing === undefined ? (
            <SkeletonText width={420} />
          ) : (
            'Overview'
          )
        ) : (
          runsSentence(head.overview, { range, nowMs: Math.max(query.dataUpdatedAt, question.asOf) })
        )
      }
      detail={
        head.missing === undefined ? (
          head.overview && runsDetail(head.overview)
        ) : (
          <PartNote missing={head.missing} />
        )
      }
      actions={
        <TimeRangePicker
          range={range}
          live={isLive}
          onLive={(live) => patch({ live: live ? undefined : '0' }, 'replace')}
          onChange={question.setRange}
          onRefresh={question.refresh}
        />
      }
    >
      <FilterBar
        signal="traces"
        value={filter}
        range={range}
        placeholder="Filter: agent:support-agent model:gpt-5.4 “free text”"
        onApply={question.setFilter}
      />
      <FilterChips filters={filters} />
      <LimitsNote limits={overview?.limitsMet} />
      <KeptNote query={query} isShown={overview !== undefined} onRetry={question.refresh} />
      <div className="overview" tabIndex={0} role="region" aria-label="Overview">
        {query.error !== null && overview === undefined && (
          <ErrorNotice error={query.error} onRetry={question.refresh} />
        )}
        {overview?.limitsMet === undefined && overview?.totals.runs === 0 && overview.previous.runs === 0 ? (
          <NoRuns onLonger={() => question.setRange({ from: '-7d', to: 'now' })} />
        ) : (
          <>
            <div className="overview-bar">
              <Segmented label="Split the charts by" value={split} options={splits} onChange={setSplit} />
              <Suspense>
                <ChartTools question={question} narrowed={filters.values} />
              </Suspense>
              <Realtime isLive={isLive} filters={filters.values} />
            </div>
            {OverviewCharts === undefined ? (
              <div className="overview-charts" />
            ) : (
              <OverviewCharts
                answer={answer}
                groupBy={groupBy}
                isSplit={split !== 'all'}
                narrowed={{ q: filter, ...filters.values }}
                onBrush={(fromMs, toMs) => question.setRange(rangeFromMs(fromMs, toMs))}
              />
            )}
            {overview !== undefined && (
              <div className="overview-lists">
                <GroupTable answer={answer} groupBy={groupBy} />
                <TopTools answer={answer} />
                <TopPrompts answer={answer} />
              </div>
            )}
          </>
        )}
      </div>
    </Page>
  );
}

function NoRuns({ onLonger }: { readonly onLonger: () => void }): ReactElement {
  return (
    <Notice icon="runs" title="No agent, model or tool was at work">
      <p>
        Runs appear here as soon as a program sends spans of agents or models. Requests without them are in{' '}
        <PageLink to="/traces">Traces</PageLink>.
      </p>
      <div className="notice-actions">
        <PageLink to="/get-started" className="button button-primary">
          Get started
        </PageLink>
        <button type="button" className="button" onClick={onLonger}>
          Last 7 days
        </button>
      </div>
      <Filler page="runs" />
    </Notice>
  );
}
