import type { LedgerResponse, StatusResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement, type ReactNode } from 'react';
import { ledgerQuery, statusQuery } from '../../api/queries.ts';
import { formatBytes, formatCount, formatDurationMs, counted } from '@sightline/base';
import { statusSentence } from '../../model/status-answer.ts';
import { formatRelative, msFromTimestamp } from '../../model/timestamp.ts';
import { FailureNote } from '../../widgets/failure-note.tsx';
import { IconButton } from '../../widgets/button.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { Page } from '../../widgets/page.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { useNow } from '../../widgets/use-now.ts';
import { SaveTable } from '../../widgets/save-table.tsx';
import './status-page.css';

const refreshMs = 5000;

/** Whether everything that was accepted is there, and what it takes. */
export function StatusPage(): ReactElement {
  const status = useQuery({ ...statusQuery, refetchInterval: refreshMs });
  const ledger = useQuery({ ...ledgerQuery, refetchInterval: refreshMs });
  const error = status.error ?? ledger.error;
  const answer = status.data === undefined ? undefined : statusSentence(status.data, ledger.data);
  return (
    <Page
      title="Status"
      answer={
        answer === undefined ? (
          error === null ? (
            <SkeletonText width={360} />
          ) : (
            'Status'
          )
        ) : (
          <span className={`status-answer status-${answer.tone}`}>
            <Icon name={answer.tone === 'good' ? 'check' : 'warning'} size={20} />
            {answer.text}
          </span>
        )
      }
      detail={
        status.data === undefined
          ? undefined
          : `Version ${status.data.version}, up for ${formatDurationMs(status.data.uptimeS * 1000)}`
      }
      actions={
        <IconButton
          icon="refresh"
          label="Refresh"
          onClick={() => {
            void status.refetch();
            void ledger.refetch();
          }}
        />
      }
    >
      <div className="page-scroll status-page">
        {[status, ledger].map((query, at) => (
          <FailureNote
            key={at}
            query={query}
            isShown={query.data !== undefined}
            onRetry={() => void query.refetch()}
          />
        ))}
        {status.isPending && <SkeletonRows count={12} />}
        {status.data !== undefined && <Problems problems={status.data.problems} />}
        {ledger.data !== undefined && <Ledger ledger={ledger.data} />}
        <div className="status-columns">
          {ledger.data !== undefined && <Pipeline ledger={ledger.data} />}
          {status.data !== undefined && <Storage status={status.data} />}
          {status.data !== undefined && <Process status={status.data} />}
        </div>
      </div>
    </Page>
  );
}

function Problems({ problems }: { readonly problems: StatusResponse['problems'] }): ReactElement | null {
  if (problems.length === 0) return null;
  return (
    <ul className="status-problems">
      {problems.map((problem) => (
        <li key={`${problem.code} ${problem.message}`}>
          <Icon name="warning" />
          <div>
            <strong>{problem.message}</strong>
            <p>{problem.hint}</p>
          </div>
          <span className="mono faint">{problem.code}</span>
        </li>
      ))}
    </ul>
  );
}

/** Received = accepted + rejected, accepted = stored + pending + in quarantine: shown so that it can be checked. */
function Ledger({ ledger }: { readonly ledger: LedgerResponse }): ReactElement {
  const nowMs = useNow(5000);
  return (
    <section className="status-section">
      <SaveTable name="ledger" rows={ledger.rows} />
      <h2>Ledger</h2>
      <p className="soft">
        Every item that came in, and where it is. Received = accepted + rejected; accepted = stored + pending
        + in quarantine.
      </p>
      <PlainTable label="Ledger">
        <table>
          <thead>
            <tr>
              {[
                'Project',
                'Signal',
                'Received',
                'Accepted',
                'Stored',
                'Pending',
                'Rejected',
                'Quarantine',
                'Last received',
              ].map((label, i) => (
                <th key={label} scope="col" className={i > 1 ? 'end' : ''}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ledger.rows.map((row) => (
              <LedgerRows key={`${row.project} ${row.signal}`} row={row} nowMs={nowMs} />
            ))}
            {ledger.rows.length === 0 && (
              <tr>
                <td colSpan={9} className="soft">
                  Nothing was received yet.
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </PlainTable>
    </section>
  );
}

function LedgerRows({
  row,
  nowMs,
}: {
  readonly row: LedgerResponse['rows'][number];
  readonly nowMs: number;
}): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const reasons = [
    ...row.rejections.map((one) => ({ ...one, kind: 'Rejected' })),
    ...row.quarantines.map((one) => ({ ...one, kind: 'In quarantine' })),
  ];
  return (
    <>
      <tr>
        <td>{row.project}</td>
        <td>{row.signal}</td>
        <Count value={row.received} />
        <Count value={row.accepted} />
        <Count value={row.stored} />
        <Count value={row.pending} />
        <Count value={row.rejected} tone={row.rejected > 0 ? 'warn-text' : ''} />
        <Count value={row.quarantined} tone={row.quarantined > 0 ? 'error-text' : ''} />
        <td className="end soft nowrap">
          {row.lastReceived === null ? '–' : formatRelative(msFromTimestamp(row.lastReceived), nowMs)}
          {reasons.length > 0 && (
            <button
              type="button"
              className="status-why"
              aria-expanded={isOpen}
              onClick={() => setOpen(!isOpen)}
            >
              why
            </button>
          )}
        </td>
      </tr>
      {isOpen &&
        reasons.map((reason) => (
          <tr key={`${reason.kind} ${reason.reason}`} className="status-reason">
            <td colSpan={2} />
            <td className="end">{formatCount(reason.count)}</td>
            <td colSpan={6}>
              {reason.kind}: {reason.reason}
            </td>
          </tr>
        ))}
    </>
  );
}

function Count({ value, tone = '' }: { readonly value: number; readonly tone?: string }): ReactElement {
  return <td className={`end ${value === 0 ? 'faint' : tone}`}>{formatCount(value)}</td>;
}

function Pipeline({ ledger }: { readonly ledger: LedgerResponse }): ReactElement {
  const { journal, canary } = ledger;
  const nowMs = useNow(5000);
  const words = { starting: 'starting', ok: 'sees what it writes', failing: 'fails', off: 'is off' }[
    canary.state
  ];
  return (
    <Facts
      title="Pipeline"
      facts={[
        [
          'Canary',
          <span
            key="c"
            className={canary.state === 'failing' ? 'error-text' : canary.state === 'ok' ? 'good-text' : ''}
          >
            {words}
          </span>,
        ],
        [
          'Acknowledged to visible',
          canary.lastVisibleMs === null ? '–' : formatDurationMs(canary.lastVisibleMs),
        ],
        [
          'Canary last well',
          canary.lastOk === null ? '–' : formatRelative(msFromTimestamp(canary.lastOk), nowMs),
        ],
        ['Canary says', canary.error],
        [
          'Journal',
          `${formatBytes(journal.bytes)} of ${formatBytes(journal.bytesMax)}, ${counted(journal.segments, 'segment')}`,
        ],
        [
          'Oldest waiting',
          journal.oldestPendingMs === null ? 'nothing waits' : formatDurationMs(journal.oldestPendingMs),
        ],
      ]}
    />
  );
}

function Storage({ status }: { readonly status: StatusResponse }): ReactElement {
  const { disk, retentionDays } = status;
  return (
    <Facts
      title="Disk"
      facts={[
        ['Data', formatBytes(disk.dataBytes)],
        ['Cap', disk.capBytes === null ? 'none' : formatBytes(disk.capBytes)],
        ['Free', disk.freeBytes === null ? 'unknown' : formatBytes(disk.freeBytes)],
        [
          'Kept',
          `traces ${counted(retentionDays.traces, 'day')}, logs ${counted(retentionDays.logs, 'day')}, metrics ${counted(retentionDays.metrics, 'day')}`,
        ],
        ...disk.tables.map((table): readonly [string, ReactNode] => [
          table.name,
          `${counted(table.rows, 'row')}${table.rows > 0 ? ` of ${formatBytes(Math.round(table.bytes / table.rows))}` : ''}, ${formatBytes(table.bytes)}`,
        ]),
      ]}
    />
  );
}

function Process({ status }: { readonly status: StatusResponse }): ReactElement {
  const { engine, controlPlane, endpoints, memory } = status;
  return (
    <Facts
      title="Process"
      facts={[
        ['State', status.state],
        ['Sightline', status.version],
        [
          'Telemetry',
          `${engine.kind === 'embedded' ? 'ClickHouse in the process' : 'ClickHouse'} ${engine.version}`,
        ],
        [
          'Control plane',
          `${controlPlane.kind === 'embedded' ? 'PostgreSQL in the process' : 'PostgreSQL'} ${controlPlane.version}`,
        ],
        ['Node', status.node],
        ['Memory', formatBytes(memory.rssBytes)],
        ['OTLP/HTTP', <code key="h">{endpoints.otlpHttp}</code>],
        ['OTLP/gRPC', <code key="g">{endpoints.otlpGrpc}</code>],
        ['API key', status.apiKeyRequired ? 'asked for' : 'not asked for'],
      ]}
    />
  );
}

function Facts({
  title,
  facts,
}: {
  readonly title: string;
  readonly facts: readonly (readonly [string, ReactNode])[];
}): ReactElement {
  return (
    <section className="status-section">
      <h2>{title}</h2>
      <dl className="status-facts">
        {facts.map(([label, value]) =>
          value === null || value === undefined ? null : (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}
