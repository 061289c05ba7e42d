import type { AlertInstance, AlertsResponse } from '@sightline/schema/api';
import { useMutation, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { acknowledge, takeAcknowledgementBack } from '../../api/alert-queries.ts';
import { labelPairs, matchersOf, sortedAlerts, whyWords } from '../../model/alert-words.ts';
import { counted } from '@sightline/base';
import { msFromTimestamp } from '../../model/timestamp.ts';
import { linkOf } from '../../model/ui-path.ts';
import { readAnnotator } from '../../widgets/annotator.ts';
import { Button } from '../../widgets/button.tsx';
import { TimeAgo } from '../../widgets/facts.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { SeverityMark } from '../../widgets/severity-mark.tsx';
import { ErrorNotice, Notice, SkeletonRows } from '../../widgets/states.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { useNow } from '../../widgets/use-now.ts';
import { SaveTable } from '../../widgets/save-table.tsx';

/** What fires now, the most severe first, each with its reason and its runs one click away. */
export function AlertsNow({ query }: { readonly query: UseQueryResult<AlertsResponse> }): ReactElement {
  const nowMs = useNow();
  const { search } = useUrlState();
  if (query.data === undefined)
    return query.error === null ? (
      <SkeletonRows count={4} />
    ) : (
      <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
    );
  const chosen = search['alert'];
  const sorted = sortedAlerts(query.data.alerts);
  const isThere = sorted.some(({ id }) => id === chosen);
  const alerts = isThere
    ? sorted.toSorted((left, right) => Number(right.id === chosen) - Number(left.id === chosen))
    : sorted;
  const { firing, pending, recovering } = query.data.counts;
  const left = firing + pending + recovering - alerts.length;
  if (alerts.length === 0)
    return (
      <Notice icon="check" title={chosen === undefined ? 'All is quiet' : 'That alert has recovered'}>
        <p>No rule is met. What fired before is in the history; what is watched, in the rules.</p>
        <PageLink to="/alerts" search={{ view: 'rules' }} className="button">
          See the rules
        </PageLink>
      </Notice>
    );
  return (
    <>
      <SaveTable name="alerts" rows={alerts} />
      <ul className="alert-list">
        {chosen !== undefined && !isThere && <GoneNote />}
        {alerts.map((alert) => (
          <AlertCard key={alert.id} alert={alert} isChosen={alert.id === chosen} nowMs={nowMs} />
        ))}
        {left > 0 && (
          <li className="soft">{counted(left, 'more alert')} not shown: silence or mend some first.</li>
        )}
      </ul>
    </>
  );
}

const stateWords = { firing: 'Firing', pending: 'Pending', recovering: 'Recovering' } as const;

/** A message leads here when its alert is over as well. */
function GoneNote(): ReactElement {
  return (
    <li className="soft">
      The alert of this link has recovered:{' '}
      <PageLink to="/alerts" search={{ view: 'history' }}>
        see the history
      </PageLink>
      .
    </li>
  );
}

interface AlertCardProps {
  readonly alert: AlertInstance;
  readonly isChosen: boolean;
  readonly nowMs: number;
}

function AlertCard({ alert, isChosen, nowMs }: AlertCardProps): ReactElement {
  const client = useQueryClient();
  const [isShown, setShown] = useState(false);
  const refresh = async (): Promise<void> => client.invalidateQueries({ queryKey: ['alerts'] });
  const change = useMutation({
    mutationFn: () =>
      alert.acknowledged === null
        ? acknowledge(alert.id, { who: readAnnotator(), comment: '' })
        : takeAcknowledgementBack(alert.id),
    onSuccess: refresh,
  });
  const isQuiet = alert.silencedBy.length > 0 || alert.inhibitedBy.length > 0 || alert.acknowledged !== null;
  return (
    <li
      className={`alert-card is-${alert.severity} is-${alert.state}${isQuiet ? ' is-quiet' : ''}${isChosen ? ' is-chosen' : ''}`}
    >
      <div className="alert-head">
        <SeverityMark severity={alert.severity} />
        <PageLink to="/alerts/rule" search={{ id: alert.ruleId }} className="alert-rule">
          {alert.rule}
        </PageLink>
        <span className="soft">
          {stateWords[alert.state]}, began{' '}
          <TimeAgo time={alert.firingSince ?? alert.activeSince} nowMs={nowMs} />
        </span>
      </div>
      {alert.summary !== '' && alert.summary !== alert.rule && <p className="alert-why">{alert.summary}</p>}
      <p className="small soft">{whyWords(alert)}</p>
      <LabelChips labels={alert.labels} />
      <Quiet alert={alert} nowMs={nowMs} />
      <div className="alert-actions">
        <Button
          look={alert.acknowledged === null && alert.state === 'firing' ? 'primary' : 'plain'}
          icon="check"
          disabled={change.isPending}
          onClick={() => change.mutate()}
        >
          {alert.acknowledged === null ? 'Acknowledge' : 'Take back'}
        </Button>
        <PageLink
          to="/alerts"
          search={{ view: 'silences', silence: matchersOf(alert.labels) }}
          className="button"
        >
          Silence
        </PageLink>
        <PageLink {...linkOf(alert.link)} className="button">
          Investigate
        </PageLink>
        {alert.sampleTraces.slice(0, isShown ? 5 : 1).map((trace, at) => (
          <PageLink key={trace} to={`/runs/${trace}`} className="button button-quiet">
            {at === 0 ? 'Open a run' : `Run ${at + 1}`}
          </PageLink>
        ))}
        {alert.sampleTraces.length > 1 && !isShown && (
          <Button look="quiet" onClick={() => setShown(true)}>
            {counted(alert.sampleTraces.length - 1, 'more run')}
          </Button>
        )}
        {alert.runbookUrl !== '' && (
          <a
            className="button button-quiet"
            href={alert.runbookUrl}
            target="_blank"
            rel="noreferrer noopener"
          >
            Runbook
          </a>
        )}
      </div>
      {change.error !== null && (
        <p className="form-problem" role="alert">
          {change.error.message}
        </p>
      )}
    </li>
  );
}

export function LabelChips({
  labels,
}: {
  readonly labels: Readonly<Record<string, string>>;
}): ReactElement | null {
  const pairs = labelPairs(labels);
  if (pairs.length === 0) return null;
  return (
    <ul className="alert-labels" aria-label="Labels">
      {pairs.map(([name, value]) => (
        <li key={name} title={`${name}: ${value}`}>
          <span className="faint">{name}</span> {value}
        </li>
      ))}
    </ul>
  );
}

/** Why nobody is told of it again. */
function Quiet({
  alert,
  nowMs,
}: {
  readonly alert: AlertInstance;
  readonly nowMs: number;
}): ReactElement | null {
  const { acknowledged, silencedBy, inhibitedBy } = alert;
  if (acknowledged === null && silencedBy.length === 0 && inhibitedBy.length === 0) return null;
  return (
    <p className="small soft">
      {acknowledged !== null && (
        <>
          Acknowledged{acknowledged.who === '' ? '' : ` by ${acknowledged.who}`}{' '}
          {/* What was just pressed is not ahead of a clock that was read before. */}
          <TimeAgo time={acknowledged.at} nowMs={Math.max(nowMs, msFromTimestamp(acknowledged.at))} />
          {acknowledged.comment === '' ? '. ' : `: ${acknowledged.comment}. `}
        </>
      )}
      {silencedBy.length > 0 && 'Silenced. '}
      {inhibitedBy.length > 0 && `Held back while ${inhibitedBy.join(', ')} fires.`}
    </p>
  );
}
