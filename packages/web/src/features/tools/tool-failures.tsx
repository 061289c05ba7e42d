import type { ToolFailure } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { toolFailuresQuery } from '../../api/agent-queries.ts';
import { formatCount, formatDurationMs, counted } from '@sightline/base';
import { Icon } from '../../widgets/icon.tsx';
import { TimeAgo } from '../../widgets/facts.tsx';
import { askedOf, type ListPageState } from '../../widgets/list-page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, LimitsNote, SkeletonRows } from '../../widgets/states.tsx';
import { carriedSearch } from '../../widgets/url-state.ts';
import './tool-failures.css';

/** Why calls of a tool failed: each text once with how often, and below it the calls, each a way to its step. */
export function ToolFailures({
  state,
  tool,
}: {
  readonly state: ListPageState;
  readonly tool: string;
}): ReactElement {
  const { question, nowMs } = state;
  const query = useQuery(toolFailuresQuery(askedOf(state), question.asOf));
  const [opened, setOpened] = useState<number>(0);
  const found = query.data;
  return (
    <section className="tool-failures" aria-label={`Failures of ${tool}`} data-testid="tool-failures">
      <h2>
        {found === undefined
          ? `Failures of ${tool}`
          : found.errors === 0
            ? `No call of ${tool} failed`
            : `${counted(found.errors, 'failure')} of ${tool}, ${found.failures.length === 1 ? 'all for one reason' : `for ${counted(found.failures.length, 'reason')}`}`}{' '}
        <PageLink to="/runs" search={{ ...carriedSearch(question.search), tool }} className="small">
          All runs with {tool}
        </PageLink>
        <PageLink to="/errors" search={{ ...carriedSearch(question.search), tool }} className="small">
          Errors of {tool}
        </PageLink>
      </h2>
      {query.error !== null && found === undefined && (
        <ErrorNotice error={query.error} onRetry={question.refresh} />
      )}
      {query.isPending && <SkeletonRows count={4} />}
      <LimitsNote limits={found?.limitsMet} />
      <ol className="failure-list">
        {found?.failures.map((failure, index) => (
          <Failure
            key={failure.message}
            failure={failure}
            nowMs={nowMs}
            isOpen={index === opened}
            onToggle={() => setOpened(index === opened ? -1 : index)}
          />
        ))}
      </ol>
    </section>
  );
}

interface FailureProps {
  readonly failure: ToolFailure;
  readonly nowMs: number;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function Failure({ failure, nowMs, isOpen, onToggle }: FailureProps): ReactElement {
  const { message, count, calls, lastTime } = failure;
  return (
    <li className="failure">
      <button type="button" className="failure-head" aria-expanded={isOpen} onClick={onToggle}>
        <Icon name={isOpen ? 'chevronDown' : 'chevronRight'} size={12} />
        <span className="failure-count num">{formatCount(count)}×</span>
        <span className="failure-text error-text">
          {message === '' ? 'Failed without a message' : message}
        </span>
        <span className="failure-last small">
          <TimeAgo time={lastTime} nowMs={nowMs} />
        </span>
      </button>
      {isOpen && (
        <ul className="failure-calls">
          {calls.map((call) => (
            <li key={`${call.traceId} ${call.spanId}`}>
              <PageLink to={`/runs/${call.traceId}`} search={{ span: call.spanId }} className="failure-call">
                <TimeAgo time={call.time} nowMs={nowMs} />
                <span className="soft clip">{call.agent ?? call.tool}</span>
                <span className="num">{formatDurationMs(call.durationMs)}</span>
                <span className="faint clip">{call.message === message ? call.traceId : call.message}</span>
              </PageLink>
            </li>
          ))}
          {count > calls.length && (
            <li className="faint small">
              The newest {formatCount(calls.length)} of {formatCount(count)}.
            </li>
          )}
        </ul>
      )}
    </li>
  );
}
