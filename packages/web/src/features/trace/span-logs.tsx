import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { logsOfTraceQuery } from '../../api/queries.ts';
import { logText } from '../../model/log-text.ts';
import { formatClock, msFromTimestamp } from '../../model/timestamp.ts';
import { Button } from '../../widgets/button.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { SeverityWord } from '../../widgets/severity-word.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';
import type { TraceView } from './use-trace-view.ts';

/** Lines written during the span, or during the whole trace. */
export function SpanLogs({
  trace,
  spanId,
}: {
  readonly trace: TraceView;
  readonly spanId: string;
}): ReactElement {
  const [ofTrace, setOfTrace] = useState(false);
  const query = useQuery(logsOfTraceQuery(trace.model.traceId, trace.range));
  if (query.error !== null && query.data === undefined)
    return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <SkeletonRows count={6} />;
  const all = query.data.logs;
  const own = all.filter((log) => log.spanId === spanId);
  const shown = ofTrace ? all : own;
  return (
    <>
      <div className="span-logs-bar">
        <Button pressed={!ofTrace} onClick={() => setOfTrace(false)}>
          This span {own.length}
        </Button>
        <Button pressed={ofTrace} onClick={() => setOfTrace(true)}>
          Whole trace {all.length}
          {query.data.nextCursor === null ? '' : '+'}
        </Button>
        <PageLink
          to="/logs"
          search={{ ...trace.range, q: `trace:${trace.model.traceId}${ofTrace ? '' : ` span:${spanId}`}` }}
          className="span-logs-open"
        >
          Open in Logs
        </PageLink>
      </div>
      {shown.length === 0 && (
        <p className="tab-empty soft">No log line carries the id of this {ofTrace ? 'trace' : 'span'}.</p>
      )}
      <ul className="span-log-list">
        {shown.map((log) => (
          <li key={log.id}>
            <PageLink
              to="/logs"
              search={{ ...trace.range, q: `trace:${trace.model.traceId}`, log: log.id }}
              className="mono faint"
            >
              {formatClock(msFromTimestamp(log.timestamp))}
            </PageLink>{' '}
            <SeverityWord severity={log.severity} />{' '}
            <span className="span-log-body">{logText(log) || log.eventName}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
