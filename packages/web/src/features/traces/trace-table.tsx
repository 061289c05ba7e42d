import type { TraceSummary } from '@sightline/schema/api';
import { useMemo, type ReactElement } from 'react';
import { formatCount, formatDurationMs } from '@sightline/base';
import { timeZoneName } from '../../model/timestamp.ts';
import { CostValue, ErrorsValue, TimeAgo, Words } from '../../widgets/facts.tsx';
import { DataTable, type Column } from '../../widgets/data-table.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { PageLink } from '../../widgets/page-link.tsx';
import { useGo } from '../../widgets/url-state.ts';
import { useNow } from '../../widgets/use-now.ts';
import type { Question } from '../../widgets/use-question.ts';
import './trace-table.css';

interface TraceTableProps {
  readonly question: Question;
  readonly rows: readonly TraceSummary[];
  /** Boxes to tick. */
  readonly pick: Column<TraceSummary>;
  readonly hasMore: boolean;
  readonly onReachEnd: () => void;
}

export function TraceTable({ question, rows, pick, hasMore, onReachEnd }: TraceTableProps): ReactElement {
  const { search, patch } = question;
  const go = useGo();
  const nowMs = useNow();
  const selected = search['sel'] === undefined ? -1 : Number(search['sel']);
  const select = (index: number): void =>
    patch({ sel: String(Math.min(rows.length - 1, Math.max(0, index))) }, 'replace');
  const open = (): void => {
    const row = document.querySelector<HTMLAnchorElement>('.table-item.is-selected .row-link');
    if (row !== null) go(new URL(row.href).pathname);
  };
  useKeys('Traces', [
    { keys: 'j', label: 'Next trace', run: () => select(selected + 1) },
    { keys: 'k', label: 'Previous trace', run: () => select(selected - 1) },
    { keys: 'Enter', label: 'Open the trace', run: open },
    { keys: 'r', label: 'Refresh', run: question.refresh },
  ]);
  const longestMs = useMemo(() => rows.reduce((most, row) => Math.max(most, row.durationMs), 0), [rows]);
  const columns = useMemo(() => [...traceColumns(nowMs, longestMs), pick], [nowMs, longestMs, pick]);
  return (
    <DataTable
      id="traces"
      label="Traces"
      rows={rows}
      columns={columns}
      rowKey={(row) => row.traceId}
      selected={selected}
      onSelect={select}
      onReachEnd={onReachEnd}
      shownColumns={search['cols']}
      onShownColumns={(cols) => patch({ cols }, 'replace')}
      sort={search['sort']}
      onSort={(sort) => patch({ sort, sel: undefined }, 'replace')}
      rowClass={(row) => (row.errorCount > 0 ? 'has-error' : '')}
      footer={
        <p className="table-footer faint small">
          {hasMore
            ? `Loading older traces…`
            : `That is all: ${formatCount(rows.length)} ${rows.length === 1 ? 'trace' : 'traces'}. Times are ${timeZoneName(nowMs)}.`}
          {search['sort'] !== undefined && hasMore ? ' Sorted among the loaded ones.' : ''}
        </p>
      }
    />
  );
}

function traceColumns(nowMs: number, longestMs: number): readonly Column<TraceSummary>[] {
  return [
    {
      id: 'name',
      label: 'Trace',
      least: 220,
      sortBy: (row) => row.name,
      render: (row) => (
        <>
          <span className={row.errorCount > 0 ? 'row-mark error-text' : 'row-mark'}>
            {row.errorCount > 0 && <Icon name="error" size={14} />}
          </span>
          <PageLink
            to={`/traces/${row.traceId}`}
            className={row.question === null ? 'row-link clip' : 'row-link clip has-words'}
            title={[row.name, row.question, row.answer].filter((text) => text !== null).join('\n')}
          >
            <span className="trace-name">{row.name === '' ? '(no name)' : row.name}</span>
            {row.question !== null && <span className="trace-words">{row.question}</span>}
          </PageLink>
          {!row.rootArrived && (
            <span
              className="faint small nowrap"
              title="The root span has not arrived; the earliest span is shown."
            >
              root missing
            </span>
          )}
        </>
      ),
    },
    {
      id: 'question',
      label: 'Question',
      width: 280,
      least: 160,
      hidden: true,
      render: (row) => <Words text={row.question} />,
    },
    {
      id: 'answer',
      label: 'Answer',
      width: 320,
      least: 160,
      hidden: true,
      render: (row) => <Words text={row.answer} />,
    },
    {
      id: 'services',
      label: 'Services',
      width: 128,
      least: 88,
      sortBy: (row) => row.service,
      render: (row) => (
        <span className="clip soft" title={row.services.join(', ')}>
          {row.service}
          {row.services.length > 1 && <span className="faint"> +{row.services.length - 1}</span>}
        </span>
      ),
    },
    {
      id: 'durationMs',
      label: 'Duration',
      width: 104,
      least: 80,
      align: 'end',
      sortBy: (row) => row.durationMs,
      render: (row) => (
        <>
          <span
            className="duration-bar"
            style={{ width: `${(row.durationMs / Math.max(longestMs, 1e-9)) * 100}%` }}
          />
          {formatDurationMs(row.durationMs)}
        </>
      ),
    },
    {
      id: 'spans',
      label: 'Spans',
      width: 48,
      yields: 1,
      align: 'end',
      sortBy: (row) => row.spanCount,
      render: (row) => formatCount(row.spanCount),
    },
    {
      id: 'errors',
      label: 'Errors',
      width: 48,
      align: 'end',
      sortBy: (row) => row.errorCount,
      render: (row) => <ErrorsValue count={row.errorCount} />,
    },
    {
      id: 'tokens',
      label: 'Tokens',
      width: 64,
      yields: 2,
      align: 'end',
      sortBy: (row) => (row.inputTokens ?? 0) + (row.outputTokens ?? 0),
      render: (row) =>
        row.inputTokens === null && row.outputTokens === null ? (
          <span className="faint">–</span>
        ) : (
          <span title={`${formatCount(row.inputTokens ?? 0)} in, ${formatCount(row.outputTokens ?? 0)} out`}>
            {formatCount((row.inputTokens ?? 0) + (row.outputTokens ?? 0))}
          </span>
        ),
    },
    {
      id: 'cost',
      label: 'Cost',
      width: 72,
      align: 'end',
      onPhone: true,
      sortBy: (row) => row.costUsd ?? -1,
      render: (row) => <CostValue of={row} />,
    },
    {
      id: 'session',
      label: 'Session',
      width: 140,
      hidden: true,
      render: (row) => <span className="clip mono soft">{row.sessionId ?? ''}</span>,
    },
    {
      id: 'user',
      label: 'User',
      width: 120,
      hidden: true,
      render: (row) => <span className="clip mono soft">{row.userId ?? ''}</span>,
    },
    {
      id: 'traceId',
      label: 'Trace id',
      width: 280,
      hidden: true,
      render: (row) => <span className="clip mono soft">{row.traceId}</span>,
    },
    {
      id: 'start',
      label: 'Started',
      width: 84,
      align: 'end',
      onPhone: true,
      sortBy: (row) => row.startTime,
      render: (row) => <TimeAgo time={row.startTime} nowMs={nowMs} />,
    },
  ];
}
