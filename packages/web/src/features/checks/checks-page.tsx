import type { Check } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { checksQuery } from '../../api/check-queries.ts';
import { checksSentence, targetWords, uptimeWords } from '../../model/check-form.ts';
import { formatDurationMs } from '@sightline/base';
import { Button, IconButton } from '../../widgets/button.tsx';
import { Dash, TimeAgo } from '../../widgets/facts.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { Page } from '../../widgets/page.tsx';
import { ErrorNotice, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { useNow } from '../../widgets/use-now.ts';
import { SaveRows } from '../../widgets/save-rows.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { CheckForm } from './check-form.tsx';
import { CheckPast } from './check-past.tsx';
import { ShareLink } from './share-link.tsx';
import '../../widgets/form.css';
import './checks-page.css';

/** What is looked at from outside every so often: is it up, since when, and how much of the time. */
export function ChecksPage(): ReactElement {
  const { search, patch } = useUrlState();
  const query = useQuery(checksQuery);
  const open = (check: string | undefined): void => patch({ check }, 'replace');
  useKeys('Checks', [{ keys: 'c', label: 'New check', run: () => open('new') }]);
  const checks = query.data?.checks ?? [];
  const chosen = checks.find(({ id }) => id === search['check']);
  const isOpen = search['check'] === 'new' || chosen !== undefined;
  return (
    <Page
      title="Checks"
      answer={
        query.data === undefined ? (
          query.error === null ? (
            <SkeletonText width={320} />
          ) : (
            'Checks'
          )
        ) : (
          checksSentence(checks)
        )
      }
      detail={<ShareLink />}
      actions={
        <>
          <SaveRows list="checks" asked={{}} />
          <Button look="primary" icon="plus" onClick={() => open('new')}>
            New check
          </Button>
        </>
      }
    >
      <KeptNote query={query} isShown={query.data !== undefined} onRetry={() => void query.refetch()} />
      {query.error !== null && query.data === undefined && (
        <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <SkeletonRows count={6} />}
      {query.data !== undefined && (
        <div className={isOpen ? 'checks' : 'page-scroll'}>
          <div className="checks-list">
            {checks.length === 0 ? (
              <Notice icon="status" title="Nothing is checked yet">
                <p>
                  A check asks an address, a port or a name every minute, or waits for a program’s ping.
                  Programs register checks of their own with the SDK. What a check finds is a metric too:
                  rules can watch it.
                </p>
                <Button icon="plus" onClick={() => open('new')}>
                  New check
                </Button>
              </Notice>
            ) : (
              <CheckTable checks={checks} chosen={chosen?.id} onOpen={open} />
            )}
          </div>
          {isOpen && (
            <aside className="checks-side" aria-label={chosen?.name ?? 'New check'}>
              <header>
                <h2>{chosen?.name ?? 'New check'}</h2>
                <IconButton icon="close" label="Close" onClick={() => open(undefined)} />
              </header>
              {chosen !== undefined && <CheckPast check={chosen} />}
              <CheckForm key={chosen?.updatedAt ?? 'new'} check={chosen} onSaved={open} />
            </aside>
          )}
        </div>
      )}
    </Page>
  );
}

const statusWords = { up: 'Up', down: 'Down', unknown: 'Unknown' } as const;
const tones = { up: 'good-text', down: 'error-text', unknown: 'soft' } as const;

function CheckTable(props: {
  readonly checks: readonly Check[];
  readonly chosen: string | undefined;
  readonly onOpen: (id: string) => void;
}): ReactElement {
  const nowMs = useNow();
  return (
    <PlainTable label="Checks">
      <table>
        <thead>
          <tr>
            <th scope="col">Check</th>
            <th scope="col">Now</th>
            <th scope="col">Since</th>
            <th scope="col" className="end">
              Took
            </th>
            <th scope="col" className="end">
              24 hours
            </th>
            <th scope="col" className="end">
              7 days
            </th>
            <th scope="col" className="end">
              30 days
            </th>
            <th scope="col" className="end">
              Certificate
            </th>
            <th scope="col">Looks at</th>
          </tr>
        </thead>
        <tbody>
          {props.checks.map((check) => (
            <tr key={check.id} aria-selected={check.id === props.chosen}>
              <td>
                <button type="button" className="check-name" onClick={() => props.onOpen(check.id)}>
                  {check.name}
                </button>
              </td>
              <td className={check.enabled ? tones[check.status] : 'faint'} title={check.lastReason ?? ''}>
                {check.enabled ? statusWords[check.status] : 'Off'}
              </td>
              <td>{check.since === null ? <Dash /> : <TimeAgo time={check.since} nowMs={nowMs} />}</td>
              <td className="end">{check.lastMs === null ? <Dash /> : formatDurationMs(check.lastMs)}</td>
              {(['day', 'week', 'month'] as const).map((period) => (
                <td key={period} className="end">
                  {uptimeWords(check.uptime[period])}
                </td>
              ))}
              <td className="end">
                {check.certificateDays === null ? <Dash /> : `${Math.floor(check.certificateDays)} d`}
              </td>
              <td className="mono small grow" title={targetWords(check.target)}>
                {targetWords(check.target)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </PlainTable>
  );
}
