import type { DashboardPanel, SharedDashboard } from '@sightline/schema/api';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useState, type ReactElement } from 'react';
import { ApiError } from '../../api/client.ts';
import { type AskPanels } from '../../api/dashboard-queries.ts';
import { askShared, sharedDashboardQuery } from '../../api/shared-queries.ts';
import { describeRange, type TimeRange } from '../../model/time-range.ts';
import { Button } from '../../widgets/button.tsx';
import { Page } from '../../widgets/page.tsx';
import { ErrorNotice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { useHash } from '../../widgets/url-state.ts';
import { useNow } from '../../widgets/use-now.ts';
import { PanelFrame } from './panel-frame.tsx';
import { PanelGrid } from './panel-grid.tsx';
import { marksOf } from './panel-marks.tsx';
import { usePanelAnswers } from './use-panel-answers.ts';
import { useRefreshEvery } from './use-refresh-every.ts';
import { VariableBar } from './variable-bar.tsx';
import './dashboards.css';

/** A dashboard for whoever has its link, whose secret stands behind the # of the address: no browser sends that anywhere. */
export function SharedPage(): ReactElement {
  const token = useHash();
  const query = useQuery(sharedDashboardQuery(token));
  if (query.data !== undefined && query.error === null)
    return <OpenShared key={query.data.version} token={token} shared={query.data} />;
  return (
    <Page
      title="Shared dashboard"
      answer={query.error === null ? <SkeletonText width={320} /> : 'Shared dashboard'}
    >
      {query.error === null ? (
        <SkeletonRows count={8} />
      ) : (
        <ErrorNotice
          error={query.error}
          {...(isEnded(query.error) ? {} : { onRetry: () => void query.refetch() })}
        />
      )}
    </Page>
  );
}

const isEnded = (error: unknown): boolean => error instanceof ApiError && error.code === 'link_not_valid';

interface OpenSharedProps {
  readonly token: string;
  readonly shared: SharedDashboard;
}

function OpenShared({ token, shared: { version, dashboard, rangeDaysMax } }: OpenSharedProps): ReactElement {
  const client = useQueryClient();
  const nowMs = useNow();
  const { name, description, refreshS, variables } = dashboard;
  const [guestRange, setGuestRange] = useState<TimeRange>();
  const range = guestRange ?? dashboard.range;
  const [asOf, setAsOf] = useState(() => Date.now());
  const [chosen, setChosen] = useState<Readonly<Record<string, readonly string[]>>>({});
  const values = Object.fromEntries(
    variables.map((variable) => [variable.name, [...(chosen[variable.name] ?? variable.value)]]),
  );
  const panels = useMemo(() => dashboard.panels.map(asPanel), [dashboard.panels]);
  const ask = useMemo<AskPanels>(() => {
    const send = askShared(token, { version, range: guestRange });
    return async (...asked) =>
      send(...asked).catch((error: unknown) => {
        // It was changed, or is not shared any more: the page says so.
        if (isEnded(error) || (error instanceof ApiError && error.code === 'changed_meanwhile'))
          void client.invalidateQueries({ queryKey: sharedDashboardQuery(token).queryKey, exact: true });
        throw error;
      });
  }, [client, token, version, guestRange]);
  const { answerOf, watch } = usePanelAnswers({ panels, range, values, asOf, ask });
  const refresh = useCallback((): void => setAsOf(Date.now()), []);
  useRefreshEvery(refreshS, refresh);
  return (
    <Page
      title={name}
      answer={name}
      detail={[description, describeRange(range, nowMs), 'shared to be read']
        .filter((part) => part !== '')
        .join(' · ')}
      actions={
        rangeDaysMax === null ? (
          <Button icon="refresh" onClick={refresh}>
            Refresh
          </Button>
        ) : (
          <TimeRangePicker
            range={range}
            onChange={(chosen) => {
              setGuestRange(chosen);
              refresh();
            }}
            onRefresh={refresh}
          />
        )
      }
    >
      <div className="dashboard">
        <div className="dashboard-scroll">
          <VariableBar
            variables={variables.map((variable) => ({ ...variable, from: { type: 'offered', token } }))}
            values={values}
            range={range}
            onChoose={(which, some) => setChosen((before) => ({ ...before, [which]: some }))}
          />
          <PanelGrid
            panels={panels}
            isEditing={false}
            onArrange={nothing}
            onRemove={nothing}
            onEdit={nothing}
            watch={watch}
          >
            {(panel) => (
              <PanelFrame
                panel={panel}
                answer={answerOf(panel.id)}
                marks={marksOf(undefined, [], [])}
                range={range}
                actions={[]}
                onRetry={refresh}
              />
            )}
          </PanelGrid>
        </div>
      </div>
    </Page>
  );
}

const nothing = (): void => undefined;

/** What a panel asks stays in the server; here it matters only whether it asks something. */
function asPanel({ isAsked, ...panel }: SharedDashboard['dashboard']['panels'][number]): DashboardPanel {
  return { ...panel, overlays: null, queries: isAsked ? [{ type: 'words', text: '?', name: '' }] : [] };
}
