import type { AlertEvent } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { alertHistoryQuery } from '../../api/alert-queries.ts';
import { eventKinds, eventSentence, eventTone, labelWords } from '../../model/alert-words.ts';
import { counted } from '@sightline/base';
import { formatClock, formatDay, msFromTimestamp } from '../../model/timestamp.ts';
import { describeRangeInSentence } from '../../model/time-range.ts';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, Notice, SkeletonRows } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { useTimeRange, useUrlState } from '../../widgets/url-state.ts';
import { SaveRows } from '../../widgets/save-rows.tsx';

const weekRange = { from: '-7d', to: 'now' };

/** Every change of state, the newest first. */
export function HistoryView({ ruleId }: { readonly ruleId?: string }): ReactElement {
  const range = useTimeRange(weekRange);
  const { search, patch } = useUrlState();
  const kind = eventKinds.find((each) => each === search['kind']);
  const query = useQuery(alertHistoryQuery({ ...range, ruleId, kind }));
  const events = query.data?.events ?? [];
  return (
    <section className="alert-history" aria-label="History">
      <div className="alerts-tools">
        <span className="soft">
          {query.data !== undefined &&
            `${query.data.nextCursor === null ? '' : 'The newest '}${counted(events.length, 'change')} ${describeRangeInSentence(range, Date.now())}`}
        </span>
        <select
          aria-label="Kind of change"
          value={kind ?? ''}
          onChange={(event) => patch({ kind: event.target.value }, 'replace')}
        >
          <option value="">All changes</option>
          {eventKinds.map((each) => (
            <option key={each} value={each}>
              {eventSentence({ kind: each })}
            </option>
          ))}
        </select>
        <SaveRows list="alert-history" asked={{ ...range, ruleId, kind }} />
        <TimeRangePicker
          range={range}
          onChange={(next) => patch({ from: next.from, to: next.to }, 'replace')}
          onRefresh={() => void query.refetch()}
        />
      </div>
      {query.error !== null && query.data === undefined && (
        <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <SkeletonRows count={8} />}
      {query.data !== undefined && events.length === 0 && (
        <Notice icon="clock" title="Nothing changed">
          <p>
            No alert {kind === undefined ? 'fired, recovered or was acknowledged' : 'changed like this'}{' '}
            {describeRangeInSentence(range, Date.now())}.
          </p>
        </Notice>
      )}
      <ol>
        {events.map((event, at) => (
          <HistoryLine
            key={event.id}
            event={event}
            before={events[at - 1]}
            isOfOneRule={ruleId !== undefined}
          />
        ))}
      </ol>
    </section>
  );
}

function HistoryLine(props: {
  readonly event: AlertEvent;
  readonly before: AlertEvent | undefined;
  readonly isOfOneRule: boolean;
}): ReactElement {
  const { event, before } = props;
  const ms = msFromTimestamp(event.time);
  const day = formatDay(ms);
  const isNewDay = before === undefined || formatDay(msFromTimestamp(before.time)) !== day;
  const tone = eventTone(event.kind);
  const labels = labelWords(event.labels);
  return (
    <li className="history-line">
      <time dateTime={event.time} className="mono soft">
        {isNewDay && <strong>{day} </strong>}
        {formatClock(ms).slice(0, 8)}
      </time>
      <span className={`history-dot is-${tone}`} aria-hidden="true" />
      <span className="history-words">
        {!props.isOfOneRule && (
          <PageLink to="/alerts/rule" search={{ id: event.ruleId }}>
            {event.rule}
          </PageLink>
        )}{' '}
        <span className={tone === 'error' ? 'error-text' : tone === 'good' ? 'good-text' : ''}>
          {eventSentence(event)}
        </span>
        {event.who !== null && event.who !== '' && ` by ${event.who}`}
        {labels !== '' && <span className="soft"> · {labels}</span>}
        {event.reason !== '' && <span className="soft"> · {event.reason}</span>}
        {event.late && <span className="warn-text"> · some data came later</span>}
      </span>
      <span className="history-ways">
        {event.sampleTraces[0] !== undefined && (
          <PageLink to={`/runs/${event.sampleTraces[0]}`}>Open a run</PageLink>
        )}
      </span>
    </li>
  );
}
