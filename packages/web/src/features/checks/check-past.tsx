import type { Check } from '@sightline/schema/api';
import { printText } from '@sightline/schema/filter';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { checkResultsQuery } from '../../api/check-queries.ts';
import { formatDurationMs } from '@sightline/base';
import { formatClock, formatDateTime, msFromTimestamp } from '../../model/timestamp.ts';
import { AlertOnThis } from '../../widgets/alert-on-this.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { SkeletonRows } from '../../widgets/states.tsx';
import { useNow } from '../../widgets/use-now.ts';

const monthMs = 30 * 86_400_000;
const linesMax = 12;

/** How a check was over 30 days, and its newest looks. */
export function CheckPast({ check }: { readonly check: Check }): ReactElement {
  const { data } = useQuery(checkResultsQuery(check.id));
  const nowMs = useNow();
  if (data === undefined) return <SkeletonRows count={3} />;
  const fromMs = nowMs - monthMs;
  const at = (time: string | null): number =>
    Math.min(100, Math.max(0, (((time === null ? nowMs : msFromTimestamp(time)) - fromMs) / monthMs) * 100));
  return (
    <section className="check-past">
      <header>
        <h3>30 days</h3>
        <AlertOnThis
          name={`${check.name} is down`}
          propose={async () => ({
            kind: 'promql',
            name: `${check.name} is down`,
            query: `sightline_check_up{sightline_check_name=${JSON.stringify(check.name)}} == 0`,
            value: `sightline_check_up{sightline_check_name=${JSON.stringify(check.name)}}`,
          })}
        />
      </header>
      <div className="check-bar">
        {data.spells.map((spell) => (
          <span
            key={spell.from}
            className={`is-${spell.status}`}
            // From the right, so that what began just now can be seen.
            style={{ right: `${100 - at(spell.to)}%`, width: `max(2px, ${at(spell.to) - at(spell.from)}%)` }}
            title={`${spell.status} from ${formatDateTime(msFromTimestamp(spell.from)).slice(0, -4)}${spell.to === null ? '' : ` to ${formatDateTime(msFromTimestamp(spell.to)).slice(0, -4)}`}`}
          />
        ))}
      </div>
      <ol>
        {data.results.slice(0, linesMax).map((result) => (
          <li key={result.time}>
            <span className="mono small soft">{formatClock(msFromTimestamp(result.time)).slice(0, 8)}</span>
            <span className={result.ok ? 'good-text' : 'error-text'}>{result.ok ? 'Up' : 'Down'}</span>
            <span className="soft check-reason">
              {[result.reason, result.ms === null ? null : formatDurationMs(result.ms)]
                .filter((text) => text !== null)
                .join(' · ')}
            </span>
          </li>
        ))}
      </ol>
      {check.target.kind === 'heartbeat' && (
        <p className="small soft">
          The program sends <code className="mono">POST /api/v1/checks/{check.id}/ping</code> every interval.
        </p>
      )}
      {check.target.kind === 'program' && (
        <p className="small soft">
          <PageLink to="/traces" search={{ q: `service:${printText(check.target.service)}` }}>
            {check.target.service}
          </PageLink>{' '}
          looks at this itself and reports. It is down as well when no report comes.
        </p>
      )}
    </section>
  );
}
