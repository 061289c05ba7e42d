import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { logsOfTraceQuery } from '../../api/queries.ts';
import { logText } from '../../model/log-text.ts';
import { formatDurationMs, counted } from '@sightline/base';
import { formatClock, msFromTimestamp } from '../../model/timestamp.ts';
import { FailureNote } from '../../widgets/failure-note.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { SeverityWord } from '../../widgets/severity-word.tsx';
import { Notice, SkeletonRows } from '../../widgets/states.tsx';
import type { TraceView } from './use-trace-view.ts';
import './logs-tab.css';

/** Every line written during the trace, in order; a click selects the span that wrote it. */
export function LogsTab({ trace }: { readonly trace: TraceView }): ReactElement {
  const { model, selected, range } = trace;
  const query = useQuery(logsOfTraceQuery(model.traceId, range));
  const failure = (
    <FailureNote query={query} isShown={query.data !== undefined} onRetry={() => void query.refetch()} />
  );
  if (query.data === undefined) return query.error === null ? <SkeletonRows count={12} /> : failure;
  const { logs, nextCursor } = query.data;
  if (logs.length === 0) {
    return (
      <Notice icon="logs" title="No log line carries the id of this trace">
        <p>
          Loggers with an OpenTelemetry bridge put trace_id on each line; lines sent without it are found in
          Logs by their time.
        </p>
        <PageLink to="/logs" search={range} className="button">
          Logs of this time
        </PageLink>
      </Notice>
    );
  }
  const selectedId = model.slim.columns.spanId[selected];
  return (
    <div
      className="run-view-column trace-logs"
      tabIndex={0}
      role="region"
      aria-label="Log lines of the trace"
    >
      {failure}
      <p className="trace-logs-head small soft">
        {counted(logs.length, 'line')}
        {nextCursor === null ? '' : ', the first ones'}
        <PageLink to="/logs" search={{ ...range, q: `trace:${model.traceId}` }}>
          Open in Logs
        </PageLink>
      </p>
      <ul>
        {logs.map((log) => {
          const span = model.indexOf.get(log.spanId ?? '');
          const ms = msFromTimestamp(log.timestamp);
          return (
            <li
              key={log.id}
              className={selectedId !== undefined && log.spanId === selectedId ? 'is-selected' : ''}
            >
              <PageLink
                to="/logs"
                search={{ ...range, q: `trace:${model.traceId}`, log: log.id }}
                className="mono faint"
                title={formatClock(ms)}
              >
                +{formatDurationMs(Math.max(0, ms - model.startMs))}
              </PageLink>
              <SeverityWord severity={log.severity} />
              <span className="soft clip">{log.service}</span>
              {span === undefined ? (
                <span className="trace-log-body">{logText(log) || log.eventName}</span>
              ) : (
                <button type="button" className="trace-log-body" onClick={() => trace.select(span)}>
                  {logText(log) || log.eventName}
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
