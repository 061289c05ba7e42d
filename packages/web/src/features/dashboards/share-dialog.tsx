import type { Dashboard, DashboardLinkInfo, GuestRange, LinkLifetime } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import {
  createDashboardLink,
  dashboardLinksQuery,
  revokeDashboardLink,
} from '../../api/dashboard-queries.ts';
import { counted } from '@sightline/base';
import { formatDateTime, msFromTimestamp } from '../../model/timestamp.ts';
import { Button, IconButton } from '../../widgets/button.tsx';
import { copyText } from '../../widgets/copy-text.ts';
import { Modal } from '../../widgets/modal.tsx';
import '../../widgets/form.css';

interface ShareDialogProps {
  readonly stored: Dashboard;
  readonly onClose: () => void;
}

const lifetimes: readonly { readonly value: LinkLifetime; readonly label: string }[] = [
  { value: '1d', label: '1 day' },
  { value: '7d', label: '7 days' },
  { value: '30d', label: '30 days' },
  { value: 'never', label: 'Never' },
];

const guestRanges: readonly { readonly value: GuestRange; readonly label: string }[] = [
  { value: 'none', label: 'That of the dashboard' },
  { value: '1d', label: 'Any of the last day' },
  { value: '7d', label: 'Any of the last 7 days' },
  { value: '30d', label: 'Any of the last 30 days' },
  { value: '90d', label: 'Any of the last 90 days' },
];

/** Links under which anybody sees a dashboard without a key: made, listed and revoked. */
export function ShareDialog({ stored, onClose }: ShareDialogProps): ReactElement {
  const client = useQueryClient();
  const links = dashboardLinksQuery(stored.id);
  const { data, error } = useQuery(links);
  const [expires, setExpires] = useState<LinkLifetime>('7d');
  const [note, setNote] = useState('');
  const [range, setRange] = useState<GuestRange>('none');
  const refresh = async (): Promise<void> => client.invalidateQueries({ queryKey: links.queryKey });
  const made = useMutation({
    mutationFn: async () => createDashboardLink(stored.id, { expires, note, range }),
    onSuccess: refresh,
  });
  const revoked = useMutation({
    mutationFn: async (link: string) => revokeDashboardLink(stored.id, link),
    onSuccess: async (_answer, link) => {
      if (made.data?.id === link) made.reset();
      await refresh();
    },
  });
  const problem = error ?? made.error ?? revoked.error;
  return (
    <Modal className="shares" label="Share link" onClose={onClose}>
      <header>
        <h2 className="clip">Share {stored.dashboard.name}</h2>
        <IconButton icon="close" label="Close" onClick={onClose} />
      </header>
      <p className="small soft">
        Whoever has the link sees this dashboard as it is saved, without signing in: its numbers, and nothing
        behind them. A variable lets them choose any of its values.
      </p>
      <form
        className="share-form"
        onSubmit={(event) => {
          event.preventDefault();
          made.mutate();
        }}
      >
        <label className="field">
          <span>Expires after</span>
          <select value={expires} onChange={(event) => setExpires(event.target.value as LinkLifetime)}>
            {lifetimes.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>Time range</span>
          <select value={range} onChange={(event) => setRange(event.target.value as GuestRange)}>
            {guestRanges.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>For whom</span>
          <input
            value={note}
            maxLength={120}
            placeholder="To tell links apart"
            onChange={(event) => setNote(event.target.value)}
          />
        </label>
        <Button look="primary" type="submit" disabled={made.isPending}>
          Make a link
        </Button>
      </form>
      {problem !== null && (
        <p className="error-text" role="alert">
          {problem.message}
        </p>
      )}
      {made.data !== undefined && <NewLink path={made.data.path} />}
      {data !== undefined && data.links.length > 0 && (
        <ul className="share-list" aria-label="Links">
          {data.links.map((link) => (
            <li key={link.id} className={link.isOpen ? '' : 'faint'}>
              <span className="clip" title={link.note}>
                {link.note === '' ? 'Link' : link.note}
              </span>
              {link.isOpen ? (
                <Button
                  disabled={revoked.isPending}
                  aria-label={`Revoke ${link.note === '' ? 'the link' : link.note}`}
                  onClick={() => revoked.mutate(link.id)}
                >
                  Revoke
                </Button>
              ) : (
                <span className="small">{link.revokedAt === null ? 'Expired' : 'Revoked'}</span>
              )}
              <span className="small soft">{aboutLink(link)}</span>
            </li>
          ))}
        </ul>
      )}
    </Modal>
  );
}

/** The secret is shown this once. */
function NewLink({ path }: { readonly path: string }): ReactElement {
  const address = `${location.origin}${path}`;
  const [isCopied, setCopied] = useState(false);
  return (
    <div className="share-new" role="status">
      <p>The link is shown this once; only its hash is kept.</p>
      <div className="field">
        <input readOnly aria-label="The link" value={address} onFocus={(event) => event.target.select()} />
      </div>
      <Button
        icon="copy"
        onClick={() =>
          void copyText(address).then(
            () => setCopied(true),
            () => undefined,
          )
        }
      >
        {isCopied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  );
}

function aboutLink(link: DashboardLinkInfo): string {
  const { createdBy, createdAt, expiresAt, revokedAt, lastUsedAt, rangeDaysMax } = link;
  const at = (time: string): string => formatDateTime(msFromTimestamp(time)).slice(0, -4);
  return [
    `Made ${at(createdAt)}${createdBy === '' ? '' : ` with ${createdBy}`}`,
    revokedAt === null
      ? expiresAt === null
        ? 'never expires'
        : `expires ${at(expiresAt)}`
      : `revoked ${at(revokedAt)}`,
    ...(rangeDaysMax === null ? [] : [`shows any of the last ${counted(rangeDaysMax, 'day')}`]),
    lastUsedAt === null ? 'never used' : `last used ${at(lastUsedAt)}`,
  ].join(' · ');
}
