import type { ErrorGroupFacts } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { filterProblemOf } from '../../api/client.ts';
import { errorsQuery } from '../../api/error-queries.ts';
import {
  classWords,
  errorsDetail,
  errorsSentence,
  type ErrorState,
  errorStates,
  titleOf,
} from '../../model/error-words.ts';
import { formatCount } from '@sightline/base';
import { resolveRange } from '../../model/time-range.ts';
import { Segmented } from '../../widgets/button.tsx';
import { DataTable, type Column } from '../../widgets/data-table.tsx';
import { CountValue, Dash, TimeAgo } from '../../widgets/facts.tsx';
import { Filler } from '../../widgets/filler.tsx';
import { FilterBar } from '../../widgets/filter-bar.tsx';
import { FilterChips } from '../../widgets/filter-chips.tsx';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, LimitsNote, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { carriedSearch, useGo, type UrlSearch } from '../../widgets/url-state.ts';
import { useExactFilters } from '../../widgets/use-exact-filters.ts';
import { useKept } from '../../widgets/use-kept.ts';
import { useNow } from '../../widgets/use-now.ts';
import { useQuestion } from '../../widgets/use-question.ts';
import { useKeys } from '../../widgets/keyboard.ts';
import { SaveRows } from '../../widgets/save-rows.tsx';
import { ViewsMenu } from '../../widgets/views-menu.tsx';
import { ErrorMarks } from './error-title.tsx';
import { PinError } from './pin-error.tsx';
import { TrendBars } from './trend-bars.tsx';
import '../../widgets/list-page.css';
import './errors.css';

const initialSort = '-lastTime';

/** What went wrong, by cause: each once, however often and in however many runs. */
export function ErrorsPage(): ReactElement {
  const question = useQuestion();
  const filters = useExactFilters();
  const nowMs = useNow();
  const go = useGo();
  const { search, patch, asOf, range } = question;
  const state = errorStates.find(({ value }) => value === search['state'])?.value ?? 'open';
  const sort = search['sort'] ?? initialSort;
  const { status: _status, ...narrowed } = filters.values;
  const asked = {
    ...question.asked,
    ...narrowed,
    class: search['class'],
    type: search['type'],
    assignee: search['assignee'],
    trace: search['trace'],
    status: state,
    sort,
    limit: 200,
  };
  const query = useQuery(errorsQuery(asked, asOf));
  const found = useKept(query.data, query.error);
  const carried = useMemo(() => carriedSearch(search), [search]);
  const columns = useMemo(() => columnsOf(carried, nowMs), [carried, nowMs]);
  const rows = found?.errors ?? [];
  const selected = search['sel'] === undefined ? -1 : Number(search['sel']);
  const select = (index: number): void =>
    patch({ sel: String(Math.min(rows.length - 1, Math.max(0, index))) }, 'replace');
  useKeys('Errors', [
    { keys: 'j', label: 'Next error', run: () => select(selected + 1) },
    { keys: 'k', label: 'Previous error', run: () => select(selected - 1) },
    {
      keys: 'Enter',
      label: 'Open the error',
      run: () => {
        const row = rows[selected];
        if (row !== undefined) go(`/errors/${row.id}`, carried);
      },
    },
    { keys: 'r', label: 'Refresh', run: question.refresh },
  ]);
  return (
    <Page
      title="Errors"
      answer={
        found === undefined ? (
          query.error === null ? (
            <SkeletonText width={420} />
          ) : (
            'Errors'
          )
        ) : (
          errorsSentence(found, { range, nowMs, fromMs: resolveRange(range, asOf).fromMs, state })
        )
      }
      detail={
        found === undefined ? undefined : (
          <>
            {errorsDetail(found)} <PageLink to="/errors/forwarding">Forward to Sentry</PageLink>
          </>
        )
      }
      actions={
        <>
          <Segmented<ErrorState>
            label="State"
            value={state}
            options={errorStates}
            onChange={(next) => patch({ state: next === 'open' ? undefined : next, sel: undefined })}
          />
          <ViewsMenu />
          <SaveRows list="errors" asked={asked} />
          <TimeRangePicker range={range} onChange={question.setRange} onRefresh={question.refresh} />
        </>
      }
    >
      <FilterBar
        signal="traces"
        value={question.filter}
        range={range}
        placeholder="Errors of runs that meet a filter: agent:planner service:api “free text”"
        problem={filterProblemOf(query.error)}
        onApply={question.setFilter}
      />
      <FilterChips filters={filters} />
      <Chips search={search} onTakeAway={(name) => patch({ [name]: undefined })} />
      <LimitsNote limits={found?.limitsMet} />
      <KeptNote query={query} isShown={rows.length > 0} onRetry={question.refresh} />
      <div className="list-split">
        <div className="list-body" data-stale={query.isPlaceholderData}>
          {query.error !== null && rows.length === 0 ? (
            <ErrorNotice error={query.error} onRetry={question.refresh} />
          ) : found === undefined ? (
            <SkeletonRows count={12} />
          ) : rows.length === 0 ? (
            <NoErrors isNarrowed={question.filter !== '' || Object.keys(narrowed).length > 0} state={state} />
          ) : (
            <DataTable
              id="errors"
              label="Errors"
              rows={rows}
              columns={columns}
              rowKey={({ id }) => id}
              rowHeight={46}
              selected={selected}
              onSelect={select}
              shownColumns={search['cols']}
              onShownColumns={(cols) => patch({ cols }, 'replace')}
              sort={sort}
              onSort={(next) => patch({ sort: next, sel: undefined }, 'replace')}
              isSorted
              footer={
                <p className="table-footer faint small">
                  {found.groups > rows.length
                    ? `The first ${formatCount(rows.length)} of ${formatCount(found.groups)}.`
                    : 'That is all.'}
                </p>
              }
            />
          )}
        </div>
      </div>
    </Page>
  );
}

/** What other pages and links narrow the list to, beside the filters that all lists have. */
const chipNames = ['class', 'type', 'assignee', 'trace'] as const;

function Chips(props: {
  readonly search: Readonly<Record<string, string | undefined>>;
  readonly onTakeAway: (name: string) => void;
}): ReactElement | null {
  const set = chipNames.flatMap((name) => {
    const value = props.search[name];
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  if (set.length === 0) return null;
  return (
    <ul className="filter-chips" aria-label="Narrowed to">
      {set.map(([name, value]) => (
        <li key={name}>
          <button type="button" title="Take away" onClick={() => props.onTakeAway(name)}>
            <span className="faint">{name}</span>
            <span className="mono clip">
              {name === 'class' ? (classWords[value as keyof typeof classWords] ?? value) : value}
            </span>
            <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function NoErrors({
  isNarrowed,
  state,
}: {
  readonly isNarrowed: boolean;
  readonly state: ErrorState;
}): ReactElement {
  if (isNarrowed)
    return (
      <Notice icon="check" title="No error matches">
        <p>Look further back, or take a part of the filter away.</p>
      </Notice>
    );
  return (
    <Notice icon="check" title={state === 'open' ? 'Nothing is open' : 'No errors here'}>
      <p>
        Exceptions that spans record, spans that fail, and log records with an exception or a stack are
        grouped here by their cause. Programs with a Sentry SDK can send to this server as well.
      </p>
      <Filler page="errors" />
    </Notice>
  );
}

function columnsOf(carried: UrlSearch, nowMs: number): readonly Column<ErrorGroupFacts>[] {
  return [
    {
      id: 'error',
      label: 'Error',
      least: 400,
      render: (row) => (
        <span className="error-cell">
          <PageLink to={`/errors/${row.id}`} search={carried} className="row-link clip" title={row.message}>
            <strong>{row.type === '' ? row.title : row.type}</strong>{' '}
            {row.type !== '' && <span className="soft">{row.title}</span>}
          </PageLink>
          <span className="error-place">
            <ErrorMarks error={row} />
            <span className="faint mono clip">
              {row.culprit === '' ? (row.services[0] ?? '') : row.culprit}
            </span>
          </span>
        </span>
      ),
    },
    {
      id: 'trend',
      label: 'Over time',
      width: 132,
      least: 90,
      render: (row) => (
        <span className="error-row-trend">
          <TrendBars counts={row.counts} label={`${titleOf(row)} over time`} />
          <PinError id={row.id} name={titleOf(row)} label={`${titleOf(row)} over time`} />
        </span>
      ),
    },
    {
      id: 'count',
      label: 'Times',
      width: 60,
      align: 'end',
      onPhone: true,
      sortBy: ({ count }) => count,
      render: ({ count }) => formatCount(count),
    },
    {
      id: 'runs',
      label: 'Runs',
      width: 52,
      align: 'end',
      sortBy: ({ runs }) => runs,
      render: ({ runs }) => <CountValue count={runs} />,
    },
    {
      id: 'users',
      label: 'Users',
      width: 52,
      align: 'end',
      sortBy: ({ users }) => users,
      render: ({ users }) => <CountValue count={users} />,
    },
    {
      id: 'service',
      label: 'Service',
      width: 130,
      least: 80,
      render: ({ services: [first, ...rest] }) =>
        first === undefined ? (
          <Dash />
        ) : (
          <span className="clip" title={[first, ...rest].join(', ')}>
            {first}
            {rest.length > 0 && <span className="faint"> +{rest.length}</span>}
          </span>
        ),
    },
    {
      id: 'version',
      label: 'Versions',
      width: 110,
      least: 70,
      hidden: true,
      render: ({ versions }) =>
        versions.length === 0 ? <Dash /> : <span className="clip">{versions.join(', ')}</span>,
    },
    {
      id: 'assignee',
      label: 'Assigned to',
      width: 110,
      least: 70,
      hidden: true,
      render: ({ assignee }) => (assignee === null ? <Dash /> : <span className="clip">{assignee}</span>),
    },
    {
      id: 'firstTime',
      label: 'First',
      width: 84,
      least: 72,
      align: 'end',
      sortBy: ({ firstTime }) => firstTime,
      render: ({ firstTime }) => <TimeAgo time={firstTime} nowMs={nowMs} />,
    },
    {
      id: 'lastTime',
      label: 'Last',
      width: 84,
      least: 72,
      align: 'end',
      onPhone: true,
      sortBy: ({ lastTime }) => lastTime,
      render: ({ lastTime }) => <TimeAgo time={lastTime} nowMs={nowMs} />,
    },
  ];
}
