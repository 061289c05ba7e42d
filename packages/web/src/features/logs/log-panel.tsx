import type { LogRecord } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement, type ReactNode } from 'react';
import { logContextQuery } from '../../api/queries.ts';
import { attributeRows, attributeText, tryJson, type AttributeRow } from '../../model/attribute-rows.ts';
import { logText } from '../../model/log-text.ts';
import { addTerm } from '../../model/filter-text.ts';
import { formatDateTime, msFromTimestamp, timeZoneName } from '../../model/timestamp.ts';
import { AttributeTable } from '../../widgets/attribute-table.tsx';
import { Button, IconButton } from '../../widgets/button.tsx';
import { JsonView } from '../../widgets/json-view.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { SeverityWord } from '../../widgets/severity-word.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';
import type { ValueAction } from '../../widgets/value-menu.tsx';
import type { Question } from '../../widgets/use-question.ts';
import { LogContext } from './log-context.tsx';
import './log-panel.css';

interface LogPanelProps {
  readonly id: string;
  /** The line, when the list holds it; a link may name one that it does not. */
  readonly known: LogRecord | undefined;
  readonly question: Question;
  readonly onClose: () => void;
}

/** One line with all it carries, where it leads, and what was written around it. */
export function LogPanel({ id, known, question, onClose }: LogPanelProps): ReactElement {
  const context = useQuery({ ...logContextQuery(id, { before: 0, after: 0 }), enabled: known === undefined });
  const log = known ?? context.data?.logs[context.data.index];
  return (
    <aside className="log-panel" aria-label="Log line" data-testid="log-panel">
      <header className="log-panel-head">
        {log !== undefined && <SeverityWord severity={log.severity} />}
        <span className="clip soft">{log?.service}</span>
        <IconButton icon="close" label="Close the line" onClick={onClose} />
      </header>
      <div className="log-panel-body">
        {log !== undefined ? (
          <LogDetails log={log} question={question} />
        ) : context.error !== null ? (
          <ErrorNotice error={context.error} />
        ) : (
          <SkeletonRows count={10} />
        )}
      </div>
    </aside>
  );
}

function LogDetails({
  log,
  question,
}: {
  readonly log: LogRecord;
  readonly question: Question;
}): ReactElement {
  const [showsJson, setShowsJson] = useState(false);
  const ms = msFromTimestamp(log.timestamp);
  const json = tryJson(log.body);
  const stack = attributeText(log.attributes['exception.stacktrace'] ?? '');
  const actionsFor = (row: AttributeRow): readonly ValueAction[] => [
    {
      label: 'Only lines with this value',
      icon: 'filter',
      run: () => question.setFilter(addTerm(question.filter, row.field, row.text, 'include')),
    },
    {
      label: 'Only lines without it',
      icon: 'exclude',
      run: () => question.setFilter(addTerm(question.filter, row.field, row.text, 'exclude')),
    },
  ];
  return (
    <>
      {json === undefined ? (
        <pre className="log-text">{logText(log)}</pre>
      ) : (
        <JsonView value={json} label="the body" rowsMax={14} />
      )}
      {stack !== '' && (
        <pre className="log-text log-stack" tabIndex={0} aria-label="Stack trace">
          {stack}
        </pre>
      )}
      <div className="log-ways">
        {log.traceId !== null && (
          <PageLink
            to={`/traces/${log.traceId}`}
            search={{ span: log.spanId ?? undefined }}
            className="button"
          >
            Open the trace
          </PageLink>
        )}
        {log.correlationId !== null && log.correlationId !== '' && (
          <PageLink to="/timeline" search={{ id: log.correlationId }} className="button">
            Timeline
          </PageLink>
        )}
        <Button pressed={showsJson} onClick={() => setShowsJson(!showsJson)}>
          JSON
        </Button>
      </div>
      {showsJson && <JsonView value={log} label="the line as JSON" />}
      <dl className="log-facts">
        <Fact label="Time">
          {formatDateTime(ms)} {timeZoneName(ms)}
        </Fact>
        {log.observedTimestamp !== null && (
          <Fact label="Observed">{formatDateTime(msFromTimestamp(log.observedTimestamp))}</Fact>
        )}
        {log.eventName !== '' && <Fact label="Event">{log.eventName}</Fact>}
        {log.scope.name !== '' && <Fact label="Logger">{log.scope.name}</Fact>}
        {log.traceId !== null && (
          <Fact label="Trace">
            <span className="mono">{log.traceId}</span>
          </Fact>
        )}
        {log.correlationId !== null && log.correlationId !== '' && (
          <Fact label="Correlation">
            <span className="mono">{log.correlationId}</span>
          </Fact>
        )}
      </dl>
      <LogContext id={log.id} />
      <AttributeTable
        title="Attributes"
        rows={attributeRows('attr', log.attributes)}
        actionsFor={actionsFor}
        dropped={log.droppedAttributesCount}
      />
      <AttributeTable
        title="Resource"
        rows={attributeRows('resource', log.resource.attributes)}
        actionsFor={actionsFor}
      />
    </>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }): ReactElement {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
