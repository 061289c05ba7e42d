import type { PerformanceFinding, PerformanceResponse } from '@sightline/schema/api';
import { useState, type ReactElement } from 'react';
import { formatCostUsd, formatCount, formatDurationMs, formatShare, counted } from '@sightline/base';
import { TimeAgo } from '../../widgets/facts.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { Filler } from '../../widgets/filler.tsx';
import { Notice } from '../../widgets/states.tsx';
import { carriedSearch, useUrlState } from '../../widgets/url-state.ts';
import { useNow } from '../../widgets/use-now.ts';

const typeWords: Readonly<Record<PerformanceFinding['type'], string>> = {
  slow_workflow: 'Slow run',
  slow_step: 'Slow step',
  slow_llm_call: 'Slow model call',
  costly_workflow: 'Costly run',
  high_error_rate: 'Too many failures',
};

/** Each crossing of a threshold, the furthest first, with the run in which it happened. */
export function Findings({
  findings,
  counts,
  total,
}: {
  readonly findings: readonly PerformanceFinding[];
  /** Of all that crossed a threshold; the findings are the furthest of them. */
  readonly counts: PerformanceResponse['findingCounts'];
  readonly total: number;
}): ReactElement {
  const nowMs = useNow();
  const { search } = useUrlState();
  const [type, setType] = useState<PerformanceFinding['type'] | undefined>(undefined);
  if (findings.length === 0) {
    return total === 0 ? (
      <Notice icon="performance" title="No runs to judge in this range">
        <p>Choose a longer range, or take the narrowing away.</p>
        <Filler page="runs" />
      </Notice>
    ) : (
      <Notice icon="check" title="Nothing was too slow, too expensive or failed too often">
        <p>All {counted(total, 'run')} stayed within the thresholds above.</p>
      </Notice>
    );
  }
  const kinds = [...Map.groupBy(findings, (finding) => finding.type)];
  const shown = type === undefined ? findings : findings.filter((finding) => finding.type === type);
  return (
    <section className="findings">
      <header>
        <h2>Findings</h2>
        {kinds.map(([kind, all]) => (
          <button
            key={kind}
            type="button"
            className="button"
            aria-pressed={kind === type}
            onClick={() => setType(kind === type ? undefined : kind)}
          >
            {typeWords[kind]} {formatCount(counts[kind])}
            {counts[kind] > all.length && (
              <span className="faint"> the furthest {formatCount(all.length)} listed</span>
            )}
          </button>
        ))}
      </header>
      <ul>
        {shown.map((finding) => (
          <li key={`${finding.type} ${finding.traceId ?? ''} ${finding.spanId ?? ''} ${finding.time}`}>
            <span
              className={
                finding.severity === 'critical' ? 'error-text finding-severity' : 'warn-text finding-severity'
              }
            >
              <Icon name={finding.severity === 'critical' ? 'error' : 'warning'} size={14} />
              {finding.severity}
            </span>
            <span className="nowrap">{typeWords[finding.type]}</span>
            <span className="clip finding-message">
              {finding.traceId === null ? (
                finding.type === 'high_error_rate' ? (
                  <PageLink to="/errors" search={carriedSearch(search)} title="The errors, by their cause">
                    {finding.message}
                  </PageLink>
                ) : (
                  finding.message
                )
              ) : (
                <PageLink
                  to={`/runs/${finding.traceId}`}
                  search={{
                    span: finding.spanId ?? undefined,
                    view: finding.type === 'costly_workflow' ? 'cost' : undefined,
                  }}
                  title={finding.message}
                >
                  {finding.message}
                </PageLink>
              )}
            </span>
            <span className="num nowrap">
              {valueWords(finding, finding.value)}{' '}
              <span className="faint">of {valueWords(finding, finding.threshold)}</span>
            </span>
            <TimeAgo time={finding.time} nowMs={nowMs} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function valueWords({ unit }: PerformanceFinding, value: number): string {
  if (unit === 's') return formatDurationMs(value * 1000);
  return unit === 'USD' ? formatCostUsd(value) : formatShare(value);
}
