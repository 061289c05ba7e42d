import type { Dashboard, DashboardPanel } from '@sightline/schema/api';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState, type ReactElement } from 'react';
import { dashboardMarksQuery, dashboardQuery } from '../../api/dashboard-queries.ts';
import { counted } from '@sightline/base';
import { chosenValues, writeList } from '../../model/panel-words.ts';
import { rangeFromMs } from '../../model/time-range.ts';
import { Button, IconButton } from '../../widgets/button.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { Modal } from '../../widgets/modal.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { ExpectedToggle } from '../../widgets/expected-toggle.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { usePathname, useTimeRange, useUrlState } from '../../widgets/url-state.ts';
import { DashboardMenu } from './dashboard-menu.tsx';
import { OverlayChoice } from './overlay-choice.tsx';
import { PanelEditor } from './panel-editor.tsx';
import { isOverTime, PanelFrame, type PanelAction } from './panel-frame.tsx';
import { marksOf, servicesOf } from './panel-marks.tsx';
import { PanelGrid } from './panel-grid.tsx';
import { type DashboardDraft, useDraft } from './use-draft.ts';
import { usePanelAnswers } from './use-panel-answers.ts';
import { useRefreshEvery } from './use-refresh-every.ts';
import { VariableBar } from './variable-bar.tsx';
import { VariableEditor } from './variable-editor.tsx';
import './dashboards.css';

/** One dashboard: its panels over one range, and while it is edited, their places and questions. */
export function DashboardPage(): ReactElement {
  const id = decodeURIComponent(usePathname().slice('/dashboards/'.length));
  const query = useQuery(dashboardQuery(id));
  if (query.data !== undefined)
    return <OpenDashboard key={`${query.data.id} ${query.data.version}`} stored={query.data} />;
  return (
    <Page
      title="Dashboard"
      answer={query.error === null ? <SkeletonText width={320} /> : 'Dashboard'}
      detail={<PageLink to="/dashboards">All dashboards</PageLink>}
    >
      {query.error === null ? (
        <SkeletonRows count={8} />
      ) : (
        <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
      )}
    </Page>
  );
}

const refreshes = [0, 10, 30, 60, 300, 900] as const;

function OpenDashboard({ stored }: { readonly stored: Dashboard }): ReactElement {
  const { search, patch } = useUrlState();
  const draft = useDraft(stored, search['edit'] === '1' && !stored.isShipped);
  const { dashboard } = draft;
  const range = useTimeRange(dashboard.range);
  const [asOf, setAsOf] = useState(() => Date.now());
  const refreshS = Number(search['refresh'] ?? dashboard.refreshS);
  const whole = useRef<HTMLDivElement>(null);
  const refresh = useCallback((): void => setAsOf(Date.now()), []);
  useRefreshEvery(refreshS, refresh);
  const values = chosenValues(dashboard.variables, search);
  const panels = useMemo(
    () => dashboard.panels.map((one) => ({ ...one, overlays: one.overlays ?? dashboard.overlays })),
    [dashboard.panels, dashboard.overlays],
  );
  const { answerOf, watch } = usePanelAnswers({ panels, range, values, asOf });
  const drawn = new Set(panels.filter(isOverTime).flatMap(({ overlays }) => overlays));
  const { data: marks } = useQuery({
    ...dashboardMarksQuery({ from: range.from, to: range.to }, asOf),
    enabled: drawn.has('deploys') || drawn.has('alerts'),
    placeholderData: keepPreviousData,
  });
  const edited = dashboard.panels.find(({ id }) => id === draft.panel);
  const large = dashboard.panels.find(({ id }) => id === search['panel']);
  const brush = (fromMs: number, toMs: number): void => patch({ ...rangeFromMs(fromMs, toMs) });
  useKeys('Dashboard', [
    { keys: 'e', label: 'Edit the dashboard', run: () => draft.begin() },
    { keys: 'r', label: 'Refresh', run: refresh },
  ]);
  const frame = (panel: DashboardPanel, handle: ReactElement | false): ReactElement => (
    <PanelFrame
      panel={panel}
      answer={answerOf(panel.id)}
      marks={marksOf(marks, panel.overlays ?? dashboard.overlays, servicesOf(dashboard.variables, values))}
      range={range}
      actions={actionsOf(panel, draft, () => patch({ panel: panel.id }))}
      handle={handle}
      onBrush={brush}
      onRetry={refresh}
    />
  );
  return (
    <Page
      title={dashboard.name}
      answer={
        draft.isEditing ? (
          <input
            className="dashboard-name"
            aria-label="Name of the dashboard"
            value={dashboard.name}
            maxLength={120}
            onChange={(event) => draft.change({ name: event.target.value })}
          />
        ) : (
          dashboard.name
        )
      }
      detail={
        draft.isEditing ? (
          'Drag panels by their handle, or move them with the arrow keys.'
        ) : (
          <>
            {dashboard.description === '' ? counted(dashboard.panels.length, 'panel') : dashboard.description}{' '}
            <PageLink to="/dashboards">All dashboards</PageLink>
          </>
        )
      }
      actions={
        <>
          {draft.isEditing ? (
            <>
              <Button icon="plus" onClick={draft.addPanel}>
                Add panel
              </Button>
              <Button onClick={draft.cancel}>Cancel</Button>
              <Button look="primary" disabled={draft.isSaving} onClick={() => draft.save(false)}>
                Save
              </Button>
            </>
          ) : (
            <DashboardMenu
              stored={stored}
              draft={draft}
              onFullScreen={() => void whole.current?.requestFullscreen()}
            />
          )}
          <ExpectedToggle />
          <TimeRangePicker
            range={range}
            onChange={({ from, to }) => patch({ from, to })}
            onRefresh={refresh}
          />
          <label className="refresh-choice">
            <span className="visually-hidden">Refresh</span>
            <select
              value={refreshS}
              title="Refresh"
              onChange={(event) => patch({ refresh: event.target.value }, 'replace')}
            >
              {[...new Set([...refreshes, refreshS])].map((each) => (
                <option key={each} value={each}>
                  {each === 0 ? 'By hand' : each < 60 ? `${each} s` : `${each / 60} min`}
                </option>
              ))}
            </select>
          </label>
        </>
      }
    >
      <SaveProblem draft={draft} />
      <div className={edited === undefined ? 'dashboard' : 'dashboard with-editor'}>
        <div ref={whole} className="dashboard-scroll">
          <VariableBar
            variables={dashboard.variables}
            values={values}
            range={range}
            onChoose={(name, chosen) => patch({ [`var-${name}`]: writeList(chosen) }, 'replace')}
          />
          {draft.isEditing && (
            <>
              <VariableEditor
                variables={dashboard.variables}
                onChange={(variables) => draft.change({ variables: [...variables] })}
              />
              <OverlayChoice
                legend="Drawn into panels over time"
                chosen={dashboard.overlays}
                onChange={(overlays) => draft.change({ overlays })}
              />
            </>
          )}
          {dashboard.panels.length === 0 && (
            <Notice icon="overview" title="No panels yet">
              <p>Add one here, or pin a chart of any page to this dashboard.</p>
              {!draft.isEditing && !stored.isShipped && (
                <Button icon="plus" onClick={draft.addPanel}>
                  Add panel
                </Button>
              )}
            </Notice>
          )}
          <PanelGrid
            panels={dashboard.panels}
            isEditing={draft.isEditing}
            onArrange={(panels) => draft.change({ panels: [...panels] })}
            onRemove={draft.removePanel}
            onEdit={draft.editPanel}
            watch={watch}
          >
            {(panel, handle) => frame(panel, handle as ReactElement | false)}
          </PanelGrid>
        </div>
        {edited !== undefined && (
          <PanelEditor
            panel={edited}
            overlays={dashboard.overlays}
            onChange={draft.changePanel}
            onClose={() => draft.editPanel(undefined)}
            onRemove={() => draft.removePanel(edited.id)}
          />
        )}
      </div>
      {large !== undefined && (
        <Modal className="panel-large" label={large.title} onClose={() => patch({ panel: undefined })}>
          <IconButton
            icon="close"
            label="Close"
            className="panel-large-close"
            onClick={() => patch({ panel: undefined })}
          />
          <section className="panel">{frame(large, false)}</section>
        </Modal>
      )}
    </Page>
  );
}

function actionsOf(panel: DashboardPanel, draft: DashboardDraft, enlarge: () => void): PanelAction[] {
  if (!draft.isEditing)
    return [
      { label: 'Full screen', run: enlarge },
      ...(draft.isShipped
        ? []
        : [
            {
              label: 'Edit',
              run: () => {
                draft.begin();
                draft.editPanel(panel.id);
              },
            },
          ]),
    ];
  return [
    { label: 'Edit', run: () => draft.editPanel(panel.id) },
    { label: 'Duplicate', run: () => draft.duplicatePanel(panel.id) },
    { label: 'Remove', run: () => draft.removePanel(panel.id) },
  ];
}

/** Of two people who edit one dashboard the second is asked. */
function SaveProblem({ draft }: { readonly draft: DashboardDraft }): ReactElement | null {
  const { problem, isStale } = draft;
  if (problem === undefined) return null;
  return (
    <div className="dashboard-problem" role="alert">
      <p className="error-text">{problem.message}</p>
      {isStale && (
        <>
          <Button onClick={draft.reload}>Take theirs, drop mine</Button>
          <Button onClick={() => draft.save(true)}>Save mine over theirs</Button>
        </>
      )}
    </div>
  );
}
