import type { Slo, SloInput } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useMemo, useState, type FormEvent, type ReactElement } from 'react';
import { checkSloQuery, deleteSlo, saveSlo } from '../../api/slo-queries.ts';
import { formatCount } from '@sightline/base';
import {
  alertChoices,
  draftOfSlo,
  newSloDraft,
  readSloDraft,
  type SloDraft,
  type SloField,
  type SloKind,
  sloKinds,
  windowChoices,
} from '../../model/slo-form.ts';
import { shareWords } from '../../model/slo-words.ts';
import { Button } from '../../widgets/button.tsx';

interface SloFormProps {
  /** Undefined: a new one. */
  readonly slo: Slo | undefined;
  readonly onSaved: (id: string | undefined) => void;
}

export function SloForm({ slo, onSaved }: SloFormProps): ReactElement {
  const client = useQueryClient();
  const [draft, setDraft] = useState<SloDraft>(() =>
    slo === undefined ? newSloDraft('availability') : draftOfSlo(slo),
  );
  const [problem, setProblem] = useState('');
  const set = (changes: Partial<SloDraft>): void => setDraft((before) => ({ ...before, ...changes }));
  const refresh = async (): Promise<void> => client.invalidateQueries({ queryKey: ['slos'] });
  const save = useMutation({
    mutationFn: (input: SloInput) => saveSlo(slo?.id, input),
    onSuccess: async (saved) => {
      await refresh();
      onSaved(saved.id);
    },
  });
  const remove = useMutation({
    mutationFn: deleteSlo,
    onSuccess: async () => {
      await refresh();
      onSaved(undefined);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const read = readSloDraft(draft, slo);
    setProblem('problem' in read ? read.problem : '');
    if ('slo' in read) save.mutate(read.slo);
  };
  const fields = sloKinds.find(({ kind }) => kind === draft.kind)?.fields ?? [];
  return (
    <form className="form-fields" onSubmit={submit}>
      <div className="form-row">
        <label className="field" style={{ flexBasis: 200 }}>
          <span>Name</span>
          <input
            value={draft.name}
            required
            maxLength={100}
            onChange={(event) => set({ name: event.target.value })}
          />
        </label>
        <label className="field" style={{ flexBasis: 90 }}>
          <span>Objective, %</span>
          <input
            className="mono"
            inputMode="decimal"
            value={draft.objective}
            onChange={(event) => set({ objective: event.target.value })}
          />
        </label>
        <label className="field" style={{ flexBasis: 110 }}>
          <span>Over</span>
          <select value={draft.window} onChange={(event) => set({ window: event.target.value })}>
            {[...new Set([...windowChoices, draft.window])].map((choice) => (
              <option key={choice} value={choice}>
                {/^\d/.test(choice) ? `${choice.slice(0, -1)} days` : `this ${choice}`}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div className="form-row">
        <label className="field">
          <span>What is good</span>
          <select
            value={draft.kind}
            onChange={(event) => {
              const { kind: _kind, values, ...kept } = draft;
              const { values: initial, kind } = newSloDraft(event.target.value as SloKind);
              set({ ...kept, kind, values: { ...initial, where: values['where'] ?? '' } });
            }}
          >
            {sloKinds.map(({ kind, label }) => (
              <option key={kind} value={kind}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {fields.map((field) => (
          <FieldInput
            key={field.name}
            field={field}
            value={draft.values[field.name] ?? ''}
            onChange={(value) => set({ values: { ...draft.values, [field.name]: value } })}
          />
        ))}
      </div>
      <Counted draft={draft} slo={slo} />
      <div className="form-row">
        <label className="field">
          <span>Alerts</span>
          <select
            value={draft.alerts}
            onChange={(event) => set({ alerts: event.target.value as SloDraft['alerts'] })}
          >
            {alertChoices.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>At least so many bad</span>
          <input
            className="mono"
            inputMode="numeric"
            value={draft.badEventsMin}
            onChange={(event) => set({ badEventsMin: event.target.value })}
          />
        </label>
        <label className="field" style={{ flexBasis: 180 }}>
          <span>Labels</span>
          <input
            className="mono"
            value={draft.labels}
            placeholder="team=api"
            onChange={(event) => set({ labels: event.target.value })}
          />
        </label>
      </div>
      <div className="form-row">
        <Button look="primary" type="submit" disabled={save.isPending}>
          {slo === undefined ? 'Create SLO' : 'Save'}
        </Button>
        {slo !== undefined && (
          <Button disabled={remove.isPending} onClick={() => remove.mutate(slo.id)}>
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

function FieldInput({
  field,
  value,
  onChange,
}: {
  readonly field: SloField;
  readonly value: string;
  readonly onChange: (value: string) => void;
}): ReactElement {
  return (
    <label className="field" style={{ flexBasis: field.isWide === true ? 380 : 110 }}>
      <span>{field.label}</span>
      {field.choices === undefined ? (
        <input
          className="mono"
          value={value}
          placeholder={field.placeholder ?? ''}
          required={field.isOptional !== true}
          {...(field.type === 'number' ? { inputMode: 'numeric' as const } : {})}
          onChange={(event) => onChange(event.target.value)}
        />
      ) : (
        <select value={value} onChange={(event) => onChange(event.target.value)}>
          {field.choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      )}
    </label>
  );
}

/** What the last day would have been, while the form is filled in. */
function Counted({ draft, slo }: { readonly draft: SloDraft; readonly slo: Slo | undefined }): ReactElement {
  const settled = useDeferredValue(draft);
  const input = useMemo(() => {
    const read = readSloDraft({ ...settled, name: settled.name.trim() === '' ? 'New' : settled.name }, slo);
    return 'slo' in read ? read.slo : undefined;
  }, [settled, slo]);
  const { data, error } = useQuery({ ...checkSloQuery(input ?? neverAsked), enabled: input !== undefined });
  if (error !== null) return <p className="error-text small">{error.message}</p>;
  if (data === undefined) return <p className="small soft">In the last 24 hours: …</p>;
  return (
    <p className="small soft" role="status">
      {data.total === 0
        ? `Nothing was counted in the last ${data.hours} hours.`
        : `In the last ${data.hours} hours ${shareWords(data.share)} of ${formatCount(Math.round(data.total))} were good.`}
    </p>
  );
}

/** The query is not enabled without an SLO. */
const neverAsked = {} as SloInput;
