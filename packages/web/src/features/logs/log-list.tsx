import type { LogRecord } from '@sightline/schema/api';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type ReactElement } from 'react';
import { logLine } from '../../model/log-text.ts';
import { counted } from '@sightline/base';
import {
  formatClock,
  formatDateTime,
  formatDay,
  msFromTimestamp,
  timeZoneName,
} from '../../model/timestamp.ts';
import { Icon } from '../../widgets/icon.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { PageLink } from '../../widgets/page-link.tsx';
import { SeverityWord } from '../../widgets/severity-word.tsx';
import { useGo } from '../../widgets/url-state.ts';
import type { Question } from '../../widgets/use-question.ts';
import './log-list.css';

interface LogListProps {
  readonly question: Question;
  readonly rows: readonly LogRecord[];
  readonly hasMore: boolean;
  readonly onReachEnd: () => void;
  readonly onAtTop: (isAtTop: boolean) => void;
}

const rowHeight = 28;

/** Lines, newest first. A click opens a line; its trace is one more click away. */
export function LogList({ question, rows, hasMore, onReachEnd, onAtTop }: LogListProps): ReactElement {
  const { search, patch } = question;
  const go = useGo();
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  const items = virtual.getVirtualItems();
  const lastIndex = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (lastIndex >= rows.length - 30) onReachEnd();
  }, [lastIndex, rows.length, onReachEnd]);
  const openId = search['log'];
  const openIndex = openId === undefined ? -1 : rows.findIndex((row) => row.id === openId);
  useEffect(() => {
    if (openIndex !== -1) virtual.scrollToIndex(openIndex, { align: 'auto' });
    // Follows the selection only, never the arrival of rows.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [openId]);
  const open = (index: number): void => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))];
    if (row !== undefined) patch({ log: row.id }, 'replace');
  };
  const openRow = rows[openIndex];
  useKeys('Logs', [
    { keys: 'j', label: 'Next line', run: () => open(openIndex + 1) },
    { keys: 'k', label: 'Previous line', run: () => open(openIndex - 1) },
    {
      keys: 'Enter',
      label: 'Open the trace of the line',
      run: () => {
        if (openRow?.traceId) go(`/traces/${openRow.traceId}`, { span: openRow.spanId ?? undefined });
      },
    },
    { keys: 'Escape', label: 'Close the line', run: () => patch({ log: undefined }, 'replace') },
    { keys: 'r', label: 'Refresh', run: question.refresh },
  ]);
  const newestMs = rows[0] === undefined ? 0 : msFromTimestamp(rows[0].timestamp);
  return (
    <div
      ref={scroller}
      className="log-list"
      role="region"
      aria-label="Log lines"
      tabIndex={0}
      data-testid="log-list"
      onScroll={(event) => onAtTop(event.currentTarget.scrollTop < rowHeight)}
    >
      <ul style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <li
              key={row.id}
              className={row.id === openId ? 'log-row is-selected' : 'log-row'}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <LogRow
                row={row}
                newestMs={newestMs}
                onOpen={() => patch({ log: row.id === openId ? undefined : row.id }, 'replace')}
              />
            </li>
          );
        })}
      </ul>
      <p className="table-footer faint small">
        {hasMore
          ? 'Loading older lines…'
          : `That is all: ${counted(rows.length, 'line')}. Times are ${timeZoneName(newestMs)}.`}
      </p>
    </div>
  );
}

function LogRow({
  row,
  newestMs,
  onOpen,
}: {
  readonly row: LogRecord;
  readonly newestMs: number;
  readonly onOpen: () => void;
}): ReactElement {
  const ms = msFromTimestamp(row.timestamp);
  const isOtherDay = formatDay(ms) !== formatDay(newestMs);
  return (
    <>
      <time className="log-time" dateTime={row.timestamp} title={formatDateTime(ms)}>
        {isOtherDay && `${formatDay(ms)} `}
        {formatClock(ms)}
      </time>
      <SeverityWord severity={row.severity} />
      <span className="log-service clip soft">{row.service}</span>
      <button type="button" className="log-body clip" onClick={onOpen}>
        {row.eventName !== '' && <span className="faint">{row.eventName} </span>}
        {logLine(row)}
      </button>
      {row.traceId !== null && (
        <PageLink
          to={`/traces/${row.traceId}`}
          search={{ span: row.spanId ?? undefined }}
          className="log-trace"
          aria-label="Open the trace"
          title="Open the trace"
        >
          <Icon name="traces" size={14} />
        </PageLink>
      )}
    </>
  );
}
