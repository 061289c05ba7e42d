import type { Check } from '@sightline/schema/api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { deleteCheck, saveCheck } from '../../api/check-queries.ts';
import {
  type CheckDraft,
  type CheckKind,
  checkKinds,
  draftOfCheck,
  isAsked,
  newCheckDraft,
  readCheckDraft,
} from '../../model/check-form.ts';
import { Button } from '../../widgets/button.tsx';

const everyWords: Readonly<Record<CheckKind, string>> = {
  http: 'Look every',
  tcp: 'Look every',
  dns: 'Look every',
  heartbeat: 'A ping every',
  program: 'A report every',
};

interface CheckFormProps {
  /** Undefined: a new one. */
  readonly check: Check | undefined;
  readonly onSaved: (id: string | undefined) => void;
}

export function CheckForm({ check, onSaved }: CheckFormProps): ReactElement {
  const client = useQueryClient();
  const [draft, setDraft] = useState<CheckDraft>(() =>
    check === undefined ? newCheckDraft('http') : draftOfCheck(check),
  );
  const [problem, setProblem] = useState('');
  const set = (changes: Partial<CheckDraft>): void => setDraft((before) => ({ ...before, ...changes }));
  const refresh = async (): Promise<void> => client.invalidateQueries({ queryKey: ['checks'] });
  const save = useMutation({
    mutationFn: (input: Parameters<typeof saveCheck>[1]) => saveCheck(check?.id, input),
    onSuccess: async (saved) => {
      await refresh();
      onSaved(saved.id);
    },
  });
  const remove = useMutation({
    mutationFn: deleteCheck,
    onSuccess: async () => {
      await refresh();
      onSaved(undefined);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const read = readCheckDraft(draft);
    setProblem('problem' in read ? read.problem : '');
    if ('check' in read) save.mutate(read.check);
  };
  const fields = checkKinds.find(({ kind }) => kind === draft.kind)?.fields ?? [];
  return (
    <form className="form-fields" onSubmit={submit}>
      <div className="form-row">
        <label className="field">
          <span>Kind</span>
          <select
            value={draft.kind}
            onChange={(event) =>
              setDraft({ ...newCheckDraft(event.target.value as CheckKind), name: draft.name })
            }
          >
            {checkKinds
              .filter(({ kind, isRegistered }) => isRegistered !== true || kind === draft.kind)
              .map(({ kind, label }) => (
                <option key={kind} value={kind}>
                  {label}
                </option>
              ))}
          </select>
        </label>
        <label className="field" style={{ flexBasis: 200 }}>
          <span>Name</span>
          <input
            value={draft.name}
            required
            maxLength={200}
            onChange={(event) => set({ name: event.target.value })}
          />
        </label>
      </div>
      <div className="form-row">
        {fields.map((field) => (
          <label key={field.name} className="field" style={{ flexBasis: field.name === 'url' ? 380 : 130 }}>
            <span>{field.label}</span>
            {field.choices === undefined ? (
              <input
                className="mono"
                value={draft.values[field.name] ?? ''}
                placeholder={field.placeholder ?? ''}
                required={field.isOptional !== true}
                {...(field.isNumber === true ? { inputMode: 'numeric' as const } : {})}
                onChange={(event) => set({ values: { ...draft.values, [field.name]: event.target.value } })}
              />
            ) : (
              <select
                value={draft.values[field.name] ?? field.initial}
                onChange={(event) => set({ values: { ...draft.values, [field.name]: event.target.value } })}
              >
                {field.choices.map((choice) => (
                  <option key={choice}>{choice}</option>
                ))}
              </select>
            )}
          </label>
        ))}
      </div>
      <div className="form-row">
        <label className="field">
          <span>{everyWords[draft.kind]}</span>
          <input
            className="mono"
            value={draft.interval}
            onChange={(event) => set({ interval: event.target.value })}
          />
        </label>
        {isAsked(draft.kind) && (
          <>
            <label className="field">
              <span>Attempts after a failure</span>
              <input
                className="mono"
                inputMode="numeric"
                value={draft.retries}
                onChange={(event) => set({ retries: event.target.value })}
              />
            </label>
            <label className="field">
              <span>Waits, ms</span>
              <input
                className="mono"
                inputMode="numeric"
                value={draft.timeoutMs}
                onChange={(event) => set({ timeoutMs: event.target.value })}
              />
            </label>
          </>
        )}
      </div>
      <label className="field-check">
        <input
          type="checkbox"
          checked={draft.enabled}
          onChange={(event) => set({ enabled: event.target.checked })}
        />
        On
      </label>
      <label className="field-check">
        <input
          type="checkbox"
          checked={draft.onStatusPage}
          onChange={(event) => set({ onStatusPage: event.target.checked })}
        />
        On the status page
      </label>
      <div className="form-row">
        <Button look="primary" type="submit" disabled={save.isPending}>
          {check === undefined ? 'Create check' : 'Save'}
        </Button>
        {check !== undefined && (
          <Button disabled={remove.isPending} onClick={() => remove.mutate(check.id)}>
            Delete
          </Button>
        )}
      </div>
      <p className="form-problem" role="alert">
        {problem === '' ? (save.error?.message ?? remove.error?.message ?? '') : problem}
      </p>
    </form>
  );
}
