import type { HistogramResponse, TracesResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement, ReactNode } from 'react';
import { filterProblemOf } from '../api/client.ts';
import { facetsQuery, type SearchSignal } from '../api/queries.ts';
import { addTerm, toggleTerm } from '../model/filter-text.ts';
import { rangeFromMs } from '../model/time-range.ts';
import { FacetsPanel } from './facets-panel.tsx';
import { loadPart } from '../api/load-part.ts';
import { AlertOnThis } from './alert-on-this.tsx';
import { FilterBar } from './filter-bar.tsx';
import { HistogramStrip } from './histogram-strip.tsx';
import { KeptNote } from './kept-note.tsx';
import { Page } from './page.tsx';
import { ErrorNotice, LimitsNote, SkeletonRows, SkeletonText } from './states.tsx';
import { TimeRangePicker } from './time-range-picker.tsx';
import { ViewsMenu } from './views-menu.tsx';
import { useKept } from './use-kept.ts';
import type { Question } from './use-question.ts';

const loadRules = loadPart(() => import('../model/proposed-rule.ts'));

interface ExplorePageProps {
  readonly title: string;
  readonly signal: SearchSignal;
  /** What the histogram counts: `traces`, `lines`. */
  readonly noun: string;
  readonly placeholder: string;
  /** The fields beside the list, with words for them. */
  readonly facetLabels: Readonly<Record<string, string>>;
  readonly question: Question;
  readonly answer: string | undefined;
  readonly detail: ReactNode;
  readonly histogram: { readonly data: HistogramResponse | undefined; readonly error: Error | null };
  /** How the question for the list stands. */
  readonly list: {
    readonly error: Error | null;
    readonly dataUpdatedAt: number;
    readonly isPending: boolean;
    readonly isPlaceholderData: boolean;
  };
  readonly limits: TracesResponse['limitsMet'] | undefined;
  readonly isEmpty: boolean;
  /** Over the rows: that there are newer ones. */
  readonly pill: ReactNode;
  readonly ifNone: ReactNode;
  readonly rows: ReactNode;
  readonly actions?: ReactNode;
  /** Beside the rows: the one that is open. */
  readonly panel?: ReactNode;
}

/** Looking for items of a signal: a filter, when they happened, what they are made of, and the list. */
export function ExplorePage(props: ExplorePageProps): ReactElement {
  const { question, list, histogram, facetLabels, signal } = props;
  const { asked, asOf, filter, range } = question;
  const facets = useQuery(
    facetsQuery({ ...asked, signal, fields: Object.keys(facetLabels).join(','), limit: 8 }, asOf),
  );
  const answer = useKept(props.answer, list.error);
  const strip = useKept(histogram.data, histogram.error);
  return (
    <Page
      title={props.title}
      answer={answer ?? (list.error === null ? <SkeletonText width={420} /> : props.title)}
      detail={props.detail}
      actions={
        <>
          {props.actions}
          <ViewsMenu />
          <TimeRangePicker
            range={range}
            live={question.isLive}
            onLive={question.setLive}
            onChange={question.setRange}
            onRefresh={question.refresh}
          />
        </>
      }
    >
      <FilterBar
        signal={signal}
        value={filter}
        range={range}
        placeholder={props.placeholder}
        problem={filterProblemOf(list.error)}
        onApply={question.setFilter}
      />
      <div className="strip-row">
        <HistogramStrip
          data={strip}
          noun={props.noun}
          durations={signal === 'traces'}
          onBrush={(fromMs, toMs) => question.setRange(rangeFromMs(fromMs, toMs))}
        />
        <AlertOnThis
          name={`Many ${props.noun}`}
          propose={async () =>
            (await loadRules()).ruleOfList({ source: signal === 'logs' ? 'logs' : 'spans', filter, strip })
          }
        />
      </div>
      <LimitsNote limits={[...(props.limits ?? []), ...(props.histogram.data?.limitsMet ?? [])]} />
      <KeptNote query={list} isShown={!props.isEmpty} onRetry={question.refresh} />
      <div className="split">
        <FacetsPanel
          data={useKept(facets.data, facets.error)}
          labels={facetLabels}
          isFailed={facets.error !== null}
          filter={filter}
          onToggle={(field, value) => question.setFilter(toggleTerm(filter, field, value))}
          onExclude={(field, value) => question.setFilter(addTerm(filter, field, value, 'exclude'))}
        />
        <div className="split-main" data-stale={list.isPlaceholderData}>
          {props.pill}
          {list.error !== null && props.isEmpty ? (
            <ErrorNotice error={list.error} onRetry={question.refresh} />
          ) : list.isPending ? (
            <SkeletonRows count={16} />
          ) : props.isEmpty ? (
            props.ifNone
          ) : (
            props.rows
          )}
        </div>
        {props.panel}
      </div>
    </Page>
  );
}
