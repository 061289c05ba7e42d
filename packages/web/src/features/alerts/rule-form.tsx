import type {
  AlertRule,
  AlertSeverity,
  CheckRuleResponse,
  OutagePolicy,
  RuleKind,
} from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useState, type FormEvent, type ReactElement } from 'react';
import { checkRuleQuery, deleteRule, saveRule } from '../../api/alert-queries.ts';
import { readRuleDraft, type RuleDraft } from '../../model/rule-form.ts';
import { Button, Segmented } from '../../widgets/button.tsx';
import { useGo } from '../../widgets/url-state.ts';
import { RulePreview } from './rule-preview.tsx';

const kinds = [
  { value: 'sightline', label: 'Words' },
  { value: 'promql', label: 'PromQL' },
  { value: 'sql', label: 'SQL' },
] as const;
const severities: readonly AlertSeverity[] = ['info', 'warning', 'critical'];
const policies: readonly { readonly value: OutagePolicy; readonly label: string }[] = [
  { value: 'keep', label: 'Keep the state' },
  { value: 'alerting', label: 'Fire' },
  { value: 'ok', label: 'Resolve' },
  { value: 'own_alert', label: 'An alert of its own' },
];
const placeholders: Readonly<Record<RuleKind, string>> = {
  sightline: 'p95(duration) where service:api by service over 5m > 3s',
  promql: 'histogram_quantile(0.95, sum by (le) (rate(http_server_duration_seconds_bucket[5m]))) > 3',
  sql: 'SELECT service, countIf(status_code = 2) / count() AS value FROM spans WHERE start_time >= {from:DateTime64(9)} AND start_time < {to:DateTime64(9)} GROUP BY service',
};
const examples = [
  'error_rate > 5%',
  'p95(duration) where operation:llm by model over 10m > 20s recover < 15s',
  'sum(cost) by agent over 1h > $10',
  'count of logs where severity>=ERROR by service over 10m > 100',
  'count over 10m changed > 50% against 1d',
];

interface RuleFormProps {
  /** Undefined: a new one. */
  readonly rule: AlertRule | undefined;
  readonly draft: RuleDraft;
}

export function RuleForm({ rule, draft: given }: RuleFormProps): ReactElement {
  const client = useQueryClient();
  const go = useGo();
  const [draft, setDraft] = useState(given);
  const [problem, setProblem] = useState('');
  const set = <Name extends keyof RuleDraft>(name: Name, value: RuleDraft[Name]): void =>
    setDraft((before) => ({ ...before, [name]: value }));
  const text = useDeferredValue({ kind: draft.kind, query: draft.query, condition: draft.condition });
  const check = useQuery(checkRuleQuery(text));
  const found = draft.query.trim() === '' ? undefined : check.data;
  const refresh = async (): Promise<void> => client.invalidateQueries({ queryKey: ['alerts'] });
  const save = useMutation({
    mutationFn: (input: Parameters<typeof saveRule>[1]) => saveRule(rule?.id, input),
    onSuccess: async (saved) => {
      await refresh();
      if (rule === undefined) go('/alerts/rule', { id: saved.id });
    },
  });
  const remove = useMutation({
    mutationFn: deleteRule,
    onSuccess: async () => {
      go('/alerts', { view: 'rules' });
      await refresh();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const read = readRuleDraft(draft, rule);
    setProblem('problem' in read ? read.problem : '');
    if ('rule' in read) save.mutate(read.rule);
  };
  const error = save.error ?? remove.error;
  return (
    <div className="rule-editor">
      <form className="form-fields rule-form" onSubmit={submit}>
        <div className="form-row">
          <label className="field" style={{ flexBasis: 220 }}>
            <span>Name</span>
            <input
              value={draft.name}
              maxLength={200}
              required
              onChange={(event) => set('name', event.target.value)}
            />
          </label>
          <label className="field" style={{ flexBasis: 110 }}>
            <span>Severity</span>
            <select
              value={draft.severity}
              onChange={(event) => set('severity', event.target.value as AlertSeverity)}
            >
              {severities.map((severity) => (
                <option key={severity}>{severity}</option>
              ))}
            </select>
          </label>
        </div>
        <Segmented
          label="Language"
          value={draft.kind}
          options={kinds}
          onChange={(kind) => set('kind', kind)}
        />
        <label className="field">
          <span>{draft.kind === 'sightline' ? 'When' : 'Query'}</span>
          <textarea
            className="mono"
            rows={draft.kind === 'sql' ? 6 : 3}
            value={draft.query}
            spellCheck={false}
            placeholder={placeholders[draft.kind]}
            aria-invalid={found?.problem?.field === 'query'}
            aria-describedby="rule-says"
            onChange={(event) => set('query', event.target.value)}
          />
        </label>
        {draft.kind !== 'sightline' && (
          <label className="field">
            <span>Condition{draft.kind === 'promql' ? '; empty: whatever it answers fires' : ''}</span>
            <input
              className="mono"
              value={draft.condition}
              placeholder="> 3 recover < 2.5"
              aria-invalid={found?.problem?.field === 'condition'}
              onChange={(event) => set('condition', event.target.value)}
            />
          </label>
        )}
        <div id="rule-says" className="rule-says">
          <RuleSays
            found={found}
            onWrite={(query) => set('query', query)}
            isOfWords={draft.kind === 'sightline'}
          />
        </div>
        <div className="form-row">
          <Duration label="Met for" name="forDuration" draft={draft} onChange={set} />
          <Duration label="Keep firing for" name="keepFiring" draft={draft} onChange={set} />
          <Duration label="Look every" name="interval" draft={draft} onChange={set} />
          {draft.kind === 'sql' && <Duration label="Window" name="window" draft={draft} onChange={set} />}
        </div>
        <div className="form-row">
          <Policy label="Without data" name="noData" draft={draft} onChange={set} />
          <Policy label="When it cannot be evaluated" name="onError" draft={draft} onChange={set} />
        </div>
        <label className="field">
          <span>Summary in messages</span>
          <input
            value={draft.summary}
            placeholder="{{ labels.service }} answers in {{ value }}"
            onChange={(event) => set('summary', event.target.value)}
          />
        </label>
        <div className="form-row">
          <label className="field" style={{ flexBasis: 180 }}>
            <span>Labels</span>
            <input
              className="mono"
              value={draft.labels}
              placeholder="team=api"
              onChange={(event) => set('labels', event.target.value)}
            />
          </label>
          <label className="field" style={{ flexBasis: 180 }}>
            <span>Runbook</span>
            <input
              type="url"
              value={draft.runbookUrl}
              placeholder="https://…"
              onChange={(event) => set('runbookUrl', event.target.value)}
            />
          </label>
        </div>
        <label className="field-check">
          <input
            type="checkbox"
            checked={draft.enabled}
            onChange={(event) => set('enabled', event.target.checked)}
          />
          On
        </label>
        <div className="form-row">
          <Button
            look="primary"
            type="submit"
            disabled={save.isPending || (found !== undefined && found.problem !== null)}
          >
            {rule === undefined ? 'Create rule' : 'Save'}
          </Button>
          {rule !== undefined && (
            <Button disabled={remove.isPending} onClick={() => remove.mutate(rule.id)}>
              Delete
            </Button>
          )}
          {save.isSuccess && problem === '' && <span className="good-text">Saved.</span>}
        </div>
        <p className="form-problem" role="alert">
          {problem === '' ? (error?.message ?? '') : problem}
        </p>
      </form>
      <RulePreview draft={draft} rule={rule} isRight={found?.problem === null} />
    </div>
  );
}

/** What the rule is understood as, or where it is wrong and what was meant. */
function RuleSays(props: {
  readonly found: CheckRuleResponse | undefined;
  readonly isOfWords: boolean;
  readonly onWrite: (query: string) => void;
}): ReactElement {
  const { found } = props;
  if (found === undefined)
    return props.isOfWords ? (
      <ul className="rule-examples" aria-label="Examples">
        {examples.map((example) => (
          <li key={example}>
            <button type="button" className="mono" onClick={() => props.onWrite(example)}>
              {example}
            </button>
          </li>
        ))}
      </ul>
    ) : (
      <></>
    );
  if (found.problem !== null)
    return (
      <div role="alert" className="rule-problem">
        <p className="error-text">{found.problem.message}</p>
        {found.problem.caret !== '' && <pre className="mono">{found.problem.caret}</pre>}
        {found.problem.hint !== '' && <p>{found.problem.hint}</p>}
      </div>
    );
  if (found.meaning === null) return <></>;
  return (
    <p className="soft">
      Understood as <code className="mono">{found.meaning.printed}</code>
      {found.meaning.labels.length > 0 && `, one alert for each ${found.meaning.labels.join(', ')}`}.
    </p>
  );
}

type DraftText = 'forDuration' | 'keepFiring' | 'interval' | 'window';
type DraftPolicy = 'noData' | 'onError';
interface PartProps<Name extends keyof RuleDraft> {
  readonly label: string;
  readonly name: Name;
  readonly draft: RuleDraft;
  readonly onChange: (name: Name, value: RuleDraft[Name]) => void;
}

function Duration({ label, name, draft, onChange }: PartProps<DraftText>): ReactElement {
  return (
    <label className="field">
      <span>{label}</span>
      <input className="mono" value={draft[name]} onChange={(event) => onChange(name, event.target.value)} />
    </label>
  );
}

function Policy({ label, name, draft, onChange }: PartProps<DraftPolicy>): ReactElement {
  return (
    <label className="field">
      <span>{label}</span>
      <select value={draft[name]} onChange={(event) => onChange(name, event.target.value as OutagePolicy)}>
        {policies.map((policy) => (
          <option key={policy.value} value={policy.value}>
            {policy.label}
          </option>
        ))}
      </select>
    </label>
  );
}
