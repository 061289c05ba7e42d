import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { logContextQuery } from '../../api/queries.ts';
import { logLine } from '../../model/log-text.ts';
import { formatClock, msFromTimestamp } from '../../model/timestamp.ts';
import { Button } from '../../widgets/button.tsx';
import { SeverityWord } from '../../widgets/severity-word.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';
import { useUrlState } from '../../widgets/url-state.ts';

const step = 5;
const linesMax = 200;

/** What the same service, or every service, wrote just before and after. */
export function LogContext({ id }: { readonly id: string }): ReactElement {
  const { patch } = useUrlState();
  const [lines, setLines] = useState({ before: step, after: step });
  const [sameService, setSameService] = useState(true);
  const query = useQuery(logContextQuery(id, { ...lines, sameService: String(sameService) }));
  return (
    <section className="log-context" aria-label="Around this line">
      <div className="log-context-head">
        <h3>Around this line</h3>
        <Button look="quiet" pressed={!sameService} onClick={() => setSameService(!sameService)}>
          All services
        </Button>
        <Button
          look="quiet"
          disabled={lines.before >= linesMax}
          onClick={() => setLines({ ...lines, before: Math.min(linesMax, lines.before * 3) })}
        >
          More before
        </Button>
        <Button
          look="quiet"
          disabled={lines.after >= linesMax}
          onClick={() => setLines({ ...lines, after: Math.min(linesMax, lines.after * 3) })}
        >
          More after
        </Button>
      </div>
      {query.error !== null && <ErrorNotice error={query.error} />}
      {query.isPending && <SkeletonRows count={step * 2 + 1} />}
      <ol>
        {query.data?.logs.map((log, index) => (
          <li key={log.id} className={index === query.data.index ? 'is-selected' : ''}>
            <span className="log-time">{formatClock(msFromTimestamp(log.timestamp))}</span>
            <SeverityWord severity={log.severity} />
            <button
              type="button"
              className="clip"
              title={log.service}
              onClick={() => patch({ log: log.id }, 'replace')}
            >
              {!sameService && <span className="faint">{log.service} </span>}
              {logLine(log)}
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
