import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement, type ReactNode } from 'react';
import { agentListQuery, type AgentListName } from '../api/agent-queries.ts';
import { filterProblemOf } from '../api/client.ts';
import { formatCount } from '@sightline/base';
import type { FilledPage } from '../model/snippets/fillers.ts';
import { timeZoneName } from '../model/timestamp.ts';
import { Button } from './button.tsx';
import { DataTable, type Column } from './data-table.tsx';
import { DidYouMean } from './did-you-mean.tsx';
import { Filler } from './filler.tsx';
import { FilterBar } from './filter-bar.tsx';
import { FilterChips } from './filter-chips.tsx';
import type { IconName } from './icon.tsx';
import { useKeys } from './keyboard.ts';
import { KeptNote } from './kept-note.tsx';
import { Page } from './page.tsx';
import { PageLink } from './page-link.tsx';
import { SaveRows } from './save-rows.tsx';
import { ErrorNotice, LimitsNote, Notice, SkeletonRows, SkeletonText } from './states.tsx';
import { TimeRangePicker } from './time-range-picker.tsx';
import { useGo } from './url-state.ts';
import { ViewsMenu } from './views-menu.tsx';
import { type ExactFilters, useExactFilters } from './use-exact-filters.ts';
import { useKept } from './use-kept.ts';
import { useNextPage } from './use-next-page.ts';
import { useNow } from './use-now.ts';
import { type Question, useQuestion } from './use-question.ts';
import './list-page.css';

/** What a list page knows when it writes its sentence. */
export interface ListAnswer<Row> {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
  readonly question: Question;
}

export interface ListPageState {
  readonly question: Question;
  readonly filters: ExactFilters;
  readonly nowMs: number;
}

interface ListPageProps<Row> {
  readonly state: ListPageState;
  readonly name: AgentListName;
  readonly title: string;
  readonly noun: string;
  readonly icon: IconName;
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  readonly rowClass?: (row: Row) => string;
  readonly rowsOf: (page: object) => readonly Row[];
  readonly sentence: (answer: ListAnswer<Row>) => ReactNode;
  readonly detail?: (answer: ListAnswer<Row>) => ReactNode;
  /** The order of the rows while nobody chose one: a column, with `-` for the largest first. */
  readonly initialSort: string;
  /** Why there may be none, and what to send. */
  readonly emptyHint: string;
  /** Between the filter and the table. */
  readonly chart?: ReactNode;
  /** Left of the table. */
  readonly facets?: ReactNode;
  /** Over the rows: that there are newer ones. Its page can go on live. */
  readonly pill?: ReactNode;
  readonly actions?: ReactNode;
}

export function useListPage(): ListPageState {
  return { question: useQuestion(), filters: useExactFilters(), nowMs: useNow() };
}

/** The parameters that a question and its exact filters ask the API with. */
export function askedOf({ question, filters }: Pick<ListPageState, 'question' | 'filters'>) {
  return { ...question.asked, ...filters.values };
}

/** A list of the agent views: its sentence, the filter, and a table that the server sorts and pages. */
export function ListPage<Row>(props: ListPageProps<Row>): ReactElement {
  const { question, filters } = props.state;
  const { search, patch, asOf, filter, range } = question;
  const { rowsOf } = props;
  const sort = search['sort'];
  const asked = { ...askedOf(props.state), sort };
  const list = useInfiniteQuery(agentListQuery(props.name, asked, asOf));
  const pages = useKept(list.data, list.error)?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => rowsOf(page)) ?? [], [pages, rowsOf]);
  const onReachEnd = useNextPage(list);
  const selected = search['sel'] === undefined ? -1 : Number(search['sel']);
  const select = (index: number): void =>
    patch({ sel: String(Math.min(rows.length - 1, Math.max(0, index))) }, 'replace');
  useRowKeys(props.title, props.noun, { selected, select, refresh: question.refresh });
  const answer: ListAnswer<Row> = { rows, hasMore: list.hasNextPage, question };
  return (
    <Page
      title={props.title}
      answer={
        pages === undefined ? (
          list.error === null ? (
            <SkeletonText width={420} />
          ) : (
            props.title
          )
        ) : (
          props.sentence(answer)
        )
      }
      detail={pages === undefined ? undefined : props.detail?.(answer)}
      actions={
        <>
          {props.actions}
          <SaveRows list={props.name} asked={asked} />
          <ViewsMenu />
          <TimeRangePicker
            range={range}
            onChange={question.setRange}
            onRefresh={question.refresh}
            {...(props.pill === undefined ? {} : { live: question.isLive, onLive: question.setLive })}
          />
        </>
      }
    >
      <FilterBar
        signal="traces"
        value={filter}
        range={range}
        placeholder="Filter: model:gpt-5.4 agent:planner status:error “free text”"
        problem={filterProblemOf(list.error)}
        onApply={question.setFilter}
      />
      <FilterChips filters={filters} />
      {props.chart}
      <LimitsNote limits={pages?.at(-1)?.limitsMet} />
      <KeptNote query={list} isShown={rows.length > 0} onRetry={question.refresh} />
      <div className="list-split">
        {props.facets}
        <div className="list-body" data-stale={list.isPlaceholderData}>
          {props.pill}
          {list.error !== null && rows.length === 0 ? (
            <ErrorNotice error={list.error} onRetry={question.refresh} />
          ) : list.isPending ? (
            <SkeletonRows count={16} />
          ) : rows.length === 0 ? (
            <NoRows
              icon={props.icon}
              noun={props.noun}
              hint={props.emptyHint}
              question={question}
              filters={filters}
              filler={props.name}
            />
          ) : (
            <DataTable
              id={props.name}
              label={props.title}
              rows={rows}
              columns={props.columns}
              rowKey={props.rowKey}
              {...(props.rowClass === undefined ? {} : { rowClass: props.rowClass })}
              selected={selected}
              onSelect={select}
              onReachEnd={onReachEnd}
              shownColumns={search['cols']}
              onShownColumns={(cols) => patch({ cols }, 'replace')}
              sort={sort ?? props.initialSort}
              onSort={(next) => patch({ sort: next, sel: undefined }, 'replace')}
              isSorted
              footer={
                <p className="table-footer faint small">
                  {list.hasNextPage
                    ? 'Loading more…'
                    : `That is all: ${formatCount(rows.length)} ${rows.length === 1 ? props.noun : `${props.noun}s`}. Times are ${timeZoneName(props.state.nowMs)}.`}
                </p>
              }
            />
          )}
        </div>
      </div>
    </Page>
  );
}

/** An empty list: what would stand in it, or the way out of a filter that nothing fits. */
export function NoRows(props: {
  readonly icon: IconName;
  readonly noun: string;
  readonly hint: string;
  readonly question: Question;
  readonly filters: ExactFilters;
  /** Whose program is shown where nothing narrows the list. */
  readonly filler?: FilledPage;
}): ReactElement {
  const { question, filters } = props;
  const names = Object.keys(filters.values);
  const isNarrowed = question.filter !== '' || names.length > 0;
  const widen = (): void =>
    question.patch({ q: undefined, ...Object.fromEntries(names.map((name) => [name, undefined])) });
  return (
    <Notice
      icon={props.icon}
      title={isNarrowed ? `No ${props.noun} matches` : `No ${props.noun}s in this range`}
    >
      <DidYouMean filter={question.filter} signal="traces" onApply={question.setFilter} />
      <p>{isNarrowed ? 'Look further back, or take a part of the filter away.' : props.hint}</p>
      <div className="notice-actions">
        {isNarrowed ? (
          <Button onClick={widen}>Clear the filter</Button>
        ) : (
          <PageLink to="/get-started" className="button button-primary">
            Get started
          </PageLink>
        )}
        <Button onClick={() => question.setRange({ from: '-7d', to: 'now' })}>Last 7 days</Button>
      </div>
      {!isNarrowed && props.filler !== undefined && <Filler page={props.filler} />}
    </Notice>
  );
}

/** `j`, `k`, `Enter` and `r`, as in every list. */
function useRowKeys(
  title: string,
  noun: string,
  rows: { readonly selected: number; readonly select: (index: number) => void; readonly refresh: () => void },
): void {
  const go = useGo();
  useKeys(title, [
    { keys: 'j', label: `Next ${noun}`, run: () => rows.select(rows.selected + 1) },
    { keys: 'k', label: `Previous ${noun}`, run: () => rows.select(rows.selected - 1) },
    {
      keys: 'Enter',
      label: `Open the ${noun}`,
      run: () => {
        const link = document.querySelector<HTMLAnchorElement>('.table-item.is-selected .row-link');
        if (link === null) return;
        const url = new URL(link.href);
        go(url.pathname, Object.fromEntries(url.searchParams));
      },
    },
    { keys: 'r', label: 'Refresh', run: rows.refresh },
  ]);
}
