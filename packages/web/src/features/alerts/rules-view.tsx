import type { AlertRule } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { alertRulesQuery } from '../../api/alert-queries.ts';
import { counted } from '@sightline/base';
import { durationText } from '../../model/rule-form.ts';
import { Dash, TimeAgo } from '../../widgets/facts.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { SeverityMark } from '../../widgets/severity-mark.tsx';
import { ErrorNotice, Notice, SkeletonRows } from '../../widgets/states.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { useNow } from '../../widgets/use-now.ts';
import { SaveTable } from '../../widgets/save-table.tsx';

/** What is watched, and how each look went. */
export function RulesView(): ReactElement {
  const query = useQuery(alertRulesQuery);
  const nowMs = useNow();
  if (query.data === undefined)
    return query.error === null ? (
      <SkeletonRows count={8} />
    ) : (
      <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
    );
  const { rules } = query.data;
  if (rules.length === 0)
    return (
      <Notice icon="bell" title="Nothing is watched yet">
        <p>
          A rule is one line: <code>error_rate &gt; 5%</code>, or{' '}
          <code>p95(duration) where service:api by service over 5m &gt; 3s</code>.
        </p>
        <PageLink to="/alerts/rule" className="button button-primary">
          New rule
        </PageLink>
      </Notice>
    );
  return (
    <>
      <SaveTable name="rules" rows={rules} />
      <PlainTable label="Rules">
        <table>
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col">State</th>
              <th scope="col">Severity</th>
              <th scope="col">Looks at</th>
              <th scope="col">For</th>
              <th scope="col">Last look</th>
            </tr>
          </thead>
          <tbody>
            {rules.map((rule) => (
              <tr key={rule.id}>
                <td>
                  <PageLink to="/alerts/rule" search={{ id: rule.id }}>
                    {rule.name}
                  </PageLink>
                  {rule.shipped && <span className="faint"> shipped</span>}
                </td>
                <td>
                  <RuleState rule={rule} />
                </td>
                <td>{rule.record === '' ? <SeverityMark severity={rule.severity} /> : <Dash />}</td>
                <td className="mono small grow" title={rule.query}>
                  {rule.query} {rule.condition}
                </td>
                <td className="mono small">{rule.forS === 0 ? <Dash /> : durationText(rule.forS)}</td>
                <td>
                  {rule.state.lastEvaluatedAt === null ? (
                    <Dash />
                  ) : (
                    <TimeAgo time={rule.state.lastEvaluatedAt} nowMs={nowMs} />
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </PlainTable>
    </>
  );
}

export function RuleState({ rule }: { readonly rule: AlertRule }): ReactElement {
  const { health, error, instances } = rule.state;
  if (!rule.enabled) return <span className="faint">Off</span>;
  if (health === 'error')
    return (
      <span className="error-text" title={error ?? ''}>
        Cannot be evaluated
      </span>
    );
  if (instances.firing > 0)
    return <span className="error-text">{counted(instances.firing, 'alert fires', 'alerts fire')}</span>;
  if (instances.recovering > 0) return <span className="warn-text">Recovering</span>;
  if (instances.pending > 0) return <span className="warn-text">Pending</span>;
  if (health === 'no_data') return <span className="soft">No data</span>;
  return health === 'ok' ? (
    <span className="good-text">OK</span>
  ) : (
    <span className="faint">Not looked at yet</span>
  );
}
