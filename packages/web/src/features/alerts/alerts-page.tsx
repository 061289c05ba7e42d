import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { alertsQuery, alertsStatusQuery } from '../../api/alert-queries.ts';
import { firingSentence } from '../../model/alert-words.ts';
import { formatDurationMs, counted } from '@sightline/base';
import { Segmented } from '../../widgets/button.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { SkeletonText } from '../../widgets/states.tsx';
import { useGo, useUrlState } from '../../widgets/url-state.ts';
import { ViewsMenu } from '../../widgets/views-menu.tsx';
import { AlertsNow } from './alerts-now.tsx';
import { DeliveryView } from './delivery-view.tsx';
import { HistoryView } from './history-view.tsx';
import { RulesView } from './rules-view.tsx';
import { SilencesView } from './silences-view.tsx';
import '../../widgets/form.css';
import '../../widgets/plain-table.css';
import './alerts-page.css';

const views = [
  { value: 'now', label: 'Now' },
  { value: 'history', label: 'History' },
  { value: 'rules', label: 'Rules' },
  { value: 'silences', label: 'Silences' },
  { value: 'delivery', label: 'Delivery' },
] as const;
type View = (typeof views)[number]['value'];

/** What fires now, what changed, the rules behind it, and who is told. */
export function AlertsPage(): ReactElement {
  const { search, patch } = useUrlState();
  const go = useGo();
  const query = useQuery(alertsQuery);
  const view: View = views.find(({ value }) => value === search['view'])?.value ?? 'now';
  useKeys('Alerts', [{ keys: 'c', label: 'New rule', run: () => go('/alerts/rule') }]);
  return (
    <Page
      title="Alerts"
      answer={
        query.data === undefined ? (
          query.error === null ? (
            <SkeletonText width={320} />
          ) : (
            'Alerts'
          )
        ) : (
          firingSentence(query.data)
        )
      }
      detail={<StatusLine />}
      actions={
        <>
          <ViewsMenu />
          <PageLink to="/alerts/rule" className="button button-primary">
            New rule
          </PageLink>
        </>
      }
    >
      <div className="alerts-bar">
        <Segmented
          label="What to show"
          value={view}
          options={views}
          onChange={(next) =>
            patch(
              {
                view: next === 'now' ? undefined : next,
                kind: undefined,
                silence: undefined,
                edit: undefined,
              },
              'replace',
            )
          }
        />
      </div>
      <KeptNote query={query} isShown={query.data !== undefined} onRetry={() => void query.refetch()} />
      <div className="page-scroll alerts-body" tabIndex={0} role="region" aria-label="Alerts">
        {view === 'now' && <AlertsNow query={query} />}
        {view === 'history' && <HistoryView />}
        {view === 'rules' && <RulesView />}
        {view === 'silences' && <SilencesView />}
        {view === 'delivery' && <DeliveryView />}
      </div>
    </Page>
  );
}

const lagMsMax = 120_000;

/** Whether rules are looked at in time and messages get out. */
function StatusLine(): ReactElement {
  const { data } = useQuery(alertsStatusQuery);
  if (data === undefined) return <SkeletonText width={260} />;
  const { waiting, dead, oldestWaitingS } = data.outbox;
  const parts = [`${counted(data.enabled, 'rule')} at work`];
  if (waiting > 0)
    parts.push(
      `${counted(waiting, 'message waits', 'messages wait')}, the oldest for ${formatDurationMs(oldestWaitingS * 1000)}`,
    );
  const isLate = data.evaluationLagS * 1000 > lagMsMax;
  return (
    <>
      {parts.join(' · ')}
      {isLate && (
        <span className="warn-text"> · looks are {formatDurationMs(data.evaluationLagS * 1000)} behind</span>
      )}
      {dead > 0 && (
        <span className="error-text">
          {' '}
          · {counted(dead, 'message was', 'messages were')} given up, see Delivery
        </span>
      )}
    </>
  );
}
