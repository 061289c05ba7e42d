import type { Dashboard } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { DropdownMenu } from 'radix-ui';
import { useState, type ReactElement } from 'react';
import {
  createDashboard,
  dashboardQuery,
  dashboardsQuery,
  dashboardVersionsQuery,
  readVersion,
  saveDashboard,
} from '../../api/dashboard-queries.ts';
import { browserName } from '../../api/browser-name.ts';
import { counted } from '@sightline/base';
import { formatDateTime, msFromTimestamp } from '../../model/timestamp.ts';
import { Button, IconButton } from '../../widgets/button.tsx';
import { copyText } from '../../widgets/copy-text.ts';
import { Modal } from '../../widgets/modal.tsx';
import { useGo } from '../../widgets/url-state.ts';
import { freeName } from '../../model/free-name.ts';
import { saveFile } from '../../api/save-file.ts';
import { ShareDialog } from './share-dialog.tsx';
import type { DashboardDraft } from './use-draft.ts';

interface DashboardMenuProps {
  readonly stored: Dashboard;
  readonly draft: DashboardDraft;
  readonly onFullScreen: () => void;
}

/** What can be done with a dashboard as a whole. */
export function DashboardMenu({ stored, draft, onFullScreen }: DashboardMenuProps): ReactElement {
  const client = useQueryClient();
  const go = useGo();
  const [dialog, setDialog] = useState<'versions' | 'share' | undefined>(undefined);
  const { dashboard } = stored;
  const copied = useMutation({
    mutationFn: async () => {
      const { dashboards } = await client.fetchQuery(dashboardsQuery);
      const name = freeName(
        `${dashboard.name}, copy`,
        dashboards.map((one) => one.name),
      );
      return createDashboard({ ...dashboard, name });
    },
    onSuccess: async (one) => {
      await client.invalidateQueries({ queryKey: dashboardsQuery.queryKey, exact: true });
      go(`/dashboards/${one.id}`, { edit: '1' });
    },
  });
  const moved = useMutation({
    mutationFn: async () =>
      saveDashboard(stored.id, dashboard, stored.version, stored.owner === '' ? browserName() : 'project'),
    onSuccess: (one) => {
      client.setQueryData(dashboardQuery(one.id).queryKey, one);
      void client.invalidateQueries({ queryKey: dashboardsQuery.queryKey, exact: true });
    },
  });
  const problem = copied.error ?? moved.error;
  return (
    <>
      {problem !== null && <span className="error-text small">{problem.message}</span>}
      {stored.isShipped ? (
        <Button icon="copy" disabled={copied.isPending} onClick={() => copied.mutate()}>
          Copy to edit
        </Button>
      ) : (
        <Button onClick={draft.begin}>Edit</Button>
      )}
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <IconButton icon="more" label="Menu of the dashboard" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="floating menu" align="end" data-keyboard-layer="">
            <DropdownMenu.Item className="menu-item" onSelect={onFullScreen}>
              Full screen
            </DropdownMenu.Item>
            <DropdownMenu.Item
              className="menu-item"
              onSelect={() => void copyText(location.href).catch(() => undefined)}
            >
              Copy link
            </DropdownMenu.Item>
            {!stored.isShipped && (
              <>
                <DropdownMenu.Item className="menu-item" onSelect={() => setDialog('share')}>
                  Share link
                </DropdownMenu.Item>
                <DropdownMenu.Item className="menu-item" onSelect={() => copied.mutate()}>
                  Duplicate
                </DropdownMenu.Item>
                <DropdownMenu.Item className="menu-item" onSelect={() => setDialog('versions')}>
                  Versions
                </DropdownMenu.Item>
                <DropdownMenu.Item className="menu-item" onSelect={() => moved.mutate()}>
                  {stored.owner === '' ? 'List it for me only' : 'List it for the project'}
                </DropdownMenu.Item>
              </>
            )}
            <DropdownMenu.Item
              className="menu-item"
              onSelect={() =>
                saveFile(
                  `${dashboard.name.replaceAll(/[^\w.-]+/g, '-').toLowerCase()}.json`,
                  new Blob([`${JSON.stringify(dashboard, null, 2)}\n`], { type: 'application/json' }),
                )
              }
            >
              Export JSON
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {dialog === 'versions' && <Versions stored={stored} onClose={() => setDialog(undefined)} />}
      {dialog === 'share' && <ShareDialog stored={stored} onClose={() => setDialog(undefined)} />}
    </>
  );
}

/** What the dashboard was; taking one again makes it a new version. */
function Versions({
  stored,
  onClose,
}: {
  readonly stored: Dashboard;
  readonly onClose: () => void;
}): ReactElement {
  const client = useQueryClient();
  const { data, error } = useQuery(dashboardVersionsQuery(stored.id));
  const restored = useMutation({
    mutationFn: async (version: number) => {
      const { dashboard } = await readVersion(stored.id, version);
      return saveDashboard(stored.id, dashboard, stored.version);
    },
    onSuccess: (one) => {
      onClose();
      client.setQueryData(dashboardQuery(one.id).queryKey, one);
      void client.invalidateQueries({ queryKey: dashboardsQuery.queryKey, exact: true });
    },
  });
  const problem = error ?? restored.error;
  return (
    <Modal className="versions" label="Versions" onClose={onClose}>
      <header>
        <h2>Versions of {stored.dashboard.name}</h2>
        <IconButton icon="close" label="Close" onClick={onClose} />
      </header>
      {problem !== null && <p className="error-text">{problem.message}</p>}
      <ol>
        {(data?.versions ?? []).map(({ version, savedAt, name, panelCount }) => (
          <li key={version}>
            <span className="num">{version}</span>
            <span className="clip">{name}</span>
            <span className="small faint nowrap">{counted(panelCount, 'panel')}</span>
            <span className="small faint nowrap">{formatDateTime(msFromTimestamp(savedAt))}</span>
            {version === stored.version ? (
              <span className="small faint">now</span>
            ) : (
              <Button
                disabled={restored.isPending}
                aria-label={`Restore version ${version}`}
                onClick={() => restored.mutate(version)}
              >
                Restore
              </Button>
            )}
          </li>
        ))}
      </ol>
    </Modal>
  );
}
