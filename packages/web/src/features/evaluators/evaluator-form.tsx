import type { Evaluator, EvaluatorType } from '@sightline/schema/api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { ApiError } from '../../api/client.ts';
import { deleteEvaluator, saveEvaluator } from '../../api/score-queries.ts';
import { draftOf, evaluatorTypes, newDraft, readDraft } from '../../model/evaluator-form.ts';
import { Button } from '../../widgets/button.tsx';
import { SettingFields } from './setting-fields.tsx';

interface EvaluatorFormProps {
  /** Undefined: a new one. */
  readonly evaluator: Evaluator | undefined;
  readonly onSaved: (id: string | undefined) => void;
}

export function EvaluatorForm({ evaluator, onSaved }: EvaluatorFormProps): ReactElement {
  const client = useQueryClient();
  const [draft, setDraft] = useState(() =>
    evaluator === undefined ? newDraft('groundedness') : draftOf(evaluator),
  );
  const [problem, setProblem] = useState('');
  const set = (name: string, value: string): void => setDraft((before) => ({ ...before, [name]: value }));
  const refresh = async (): Promise<void> => client.invalidateQueries({ queryKey: ['evaluators'] });
  const save = useMutation({
    mutationFn: (rule: unknown) => saveEvaluator(evaluator?.id, rule),
    onSuccess: async (saved) => {
      await refresh();
      if (evaluator === undefined) onSaved(saved.id);
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) => deleteEvaluator(id),
    onSuccess: async () => {
      await refresh();
      onSaved(undefined);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const read = readDraft(draft);
    setProblem('problem' in read ? read.problem : '');
    if ('rule' in read) save.mutate(read.rule);
  };
  const chooseType = (type: EvaluatorType): void => {
    const isOwnName = draft['name'] !== newDraft(draft.type)['name'];
    const { name, ...kept } = draft;
    setDraft(newDraft(type, isOwnName && name !== undefined ? { ...kept, name } : kept));
  };
  const error = save.error ?? remove.error;
  return (
    <form className="form-fields" onSubmit={submit}>
      <label className="field">
        <span>Kind</span>
        <select value={draft.type} onChange={(event) => chooseType(event.target.value as EvaluatorType)}>
          {evaluatorTypes.map(({ type, label }) => (
            <option key={type} value={type}>
              {label}
            </option>
          ))}
        </select>
        <small>{evaluatorTypes.find(({ type }) => type === draft.type)?.about}</small>
      </label>
      <label className="field">
        <span>Name of its scores</span>
        <input
          value={draft['name']}
          required
          maxLength={200}
          onChange={(event) => set('name', event.target.value)}
        />
      </label>
      <SettingFields draft={draft} onChange={set} />
      <div className="form-row">
        <label className="field" style={{ flexBasis: 220 }}>
          <span>Which runs</span>
          <input
            value={draft['q']}
            className="mono"
            placeholder="all; or service:rag -status:error"
            onChange={(event) => set('q', event.target.value)}
          />
        </label>
        <label className="field">
          <span>Sample, %</span>
          <input
            value={draft['samplePercent']}
            inputMode="decimal"
            onChange={(event) => set('samplePercent', event.target.value)}
          />
        </label>
      </div>
      <label className="field-check">
        <input
          type="checkbox"
          checked={draft['enabled'] === 'yes'}
          onChange={(event) => set('enabled', event.target.checked ? 'yes' : 'no')}
        />
        Judge new runs
      </label>
      <div className="form-row">
        <Button look="primary" type="submit" disabled={save.isPending}>
          {evaluator === undefined ? 'Create' : 'Save'}
        </Button>
        {evaluator !== undefined && (
          <Button disabled={remove.isPending} onClick={() => remove.mutate(evaluator.id)}>
            Delete
          </Button>
        )}
        {save.isSuccess && problem === '' && <span className="good-text">Saved.</span>}
      </div>
      <p className="form-problem" role="alert">
        {problem !== '' ? problem : error === null ? '' : error.message}
        {error instanceof ApiError &&
          error.code === 'bad_filter' &&
          ' The filter is written as on the Traces page.'}
      </p>
    </form>
  );
}
