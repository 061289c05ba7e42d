import type { AlertRule } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { alertRuleQuery } from '../../api/alert-queries.ts';
import { draftOfRule, newRuleDraft } from '../../model/rule-form.ts';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { HistoryView } from './history-view.tsx';
import { RuleForm } from './rule-form.tsx';
import { RuleTimelineView } from './rule-timeline-view.tsx';
import { RuleState } from './rules-view.tsx';
import '../../widgets/form.css';
import './alerts-page.css';

/** One rule: what it watches, when it would have fired, when it did; or a new one, with a query from a chart. */
export function RulePage(): ReactElement {
  const { search } = useUrlState();
  const id = search['id'];
  return id === undefined ? (
    <Page
      title="New rule"
      answer="New rule"
      detail="It is tried on the past while you write it."
      actions={<Back />}
    >
      <div className="page-scroll alerts-body">
        <RuleForm
          key={search['query']}
          rule={undefined}
          draft={{
            ...newRuleDraft,
            kind: search['kind'] === 'promql' ? 'promql' : 'sightline',
            query: search['query'] ?? '',
            name: search['name'] ?? '',
          }}
        />
      </div>
    </Page>
  ) : (
    <StoredRule key={id} id={id} />
  );
}

function Back(): ReactElement {
  return (
    <PageLink to="/alerts" search={{ view: 'rules' }} className="button">
      All rules
    </PageLink>
  );
}

function StoredRule({ id }: { readonly id: string }): ReactElement {
  const query = useQuery(alertRuleQuery(id));
  const rule = query.data;
  return (
    <Page
      title={rule?.name ?? 'Rule'}
      answer={rule?.name ?? (query.error === null ? <SkeletonText width={280} /> : 'Rule')}
      detail={rule === undefined ? undefined : <RuleDetail rule={rule} />}
      actions={<Back />}
    >
      <div className="page-scroll alerts-body" tabIndex={0} role="region" aria-label="Rule">
        {query.error !== null && rule === undefined && (
          <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
        )}
        {query.isPending && <SkeletonRows count={10} />}
        {rule !== undefined && (
          <>
            {rule.record === '' && <RuleTimelineView id={id} />}
            <RuleForm key={rule.updatedAt} rule={rule} draft={draftOfRule(rule)} />
            <h2>History</h2>
            <HistoryView ruleId={id} />
          </>
        )}
      </div>
    </Page>
  );
}

function RuleDetail({ rule }: { readonly rule: AlertRule }): ReactElement {
  const { error, missedTicks, tooMany } = rule.state;
  return (
    <>
      <RuleState rule={rule} />
      {error !== null && <span className="error-text"> · {error}</span>}
      {missedTicks > 0 && (
        <span className="soft"> · {missedTicks} looks were left out while no server ran</span>
      )}
      {tooMany && <span className="warn-text"> · it has more label sets than are kept</span>}
    </>
  );
}
