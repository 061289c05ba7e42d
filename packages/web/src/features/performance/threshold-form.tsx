import type { Thresholds } from '@sightline/schema/api';
import { useMutation } from '@tanstack/react-query';
import { useId, useState, type FormEvent, type ReactElement } from 'react';
import { saveThresholds } from '../../api/agent-queries.ts';
import { Button } from '../../widgets/button.tsx';

const fields: readonly {
  readonly name: keyof Thresholds;
  readonly label: string;
  readonly unit: string;
  readonly factor: number;
}[] = [
  { name: 'workflowDurationS', label: 'A run takes', unit: 's', factor: 1 },
  { name: 'stepDurationS', label: 'A step takes', unit: 's', factor: 1 },
  { name: 'llmCallDurationS', label: 'A model call takes', unit: 's', factor: 1 },
  { name: 'workflowCostUsd', label: 'A run costs', unit: '$', factor: 1 },
  { name: 'errorRate', label: 'Runs fail', unit: '%', factor: 100 },
];

/** What counts as too much. Saved for everyone who uses this server. */
export function ThresholdForm({
  thresholds,
  onSaved,
}: {
  readonly thresholds: Thresholds;
  readonly onSaved: () => void;
}): ReactElement {
  const id = useId();
  const [draft, setDraft] = useState(() => textOf(thresholds));
  const saving = useMutation({ mutationFn: saveThresholds, onSuccess: onSaved });
  const parsed = Object.fromEntries(
    fields.map(({ name, factor }) => [name, Number(draft[name].replace(',', '.')) / factor]),
  ) as unknown as Thresholds;
  const bad = fields.find(
    ({ name }) =>
      !(parsed[name] >= 0) ||
      (name === 'errorRate' ? parsed[name] > 1 : parsed[name] <= 0) ||
      draft[name].trim() === '',
  );
  const isChanged = fields.some(({ name }) => draft[name] !== textOf(thresholds)[name]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (bad === undefined) saving.mutate(parsed);
  };
  return (
    <form className="thresholds" onSubmit={submit} aria-label="Thresholds">
      <h2>Thresholds</h2>
      <div className="threshold-fields">
        {fields.map(({ name, label, unit }) => (
          <label key={name} htmlFor={`${id}-${name}`}>
            <span className="small soft">{label} over</span>
            <span className="threshold-input">
              <input
                id={`${id}-${name}`}
                inputMode="decimal"
                value={draft[name]}
                aria-invalid={bad?.name === name}
                onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
              />
              <span className="faint">{unit}</span>
            </span>
          </label>
        ))}
        <Button type="submit" disabled={!isChanged || bad !== undefined || saving.isPending}>
          {saving.isPending ? 'Saving…' : 'Save'}
        </Button>
      </div>
      <p className="small error-text" role="alert">
        {bad !== undefined
          ? `“${draft[bad.name]}” is no ${bad.name === 'errorRate' ? 'share between 0 and 100 %' : 'number above zero'}.`
          : saving.error === null
            ? ''
            : saving.error.message}
      </p>
    </form>
  );
}

function textOf(thresholds: Thresholds): Record<keyof Thresholds, string> {
  return Object.fromEntries(
    fields.map(({ name, factor }) => [name, String(Number((thresholds[name] * factor).toPrecision(12)))]),
  ) as Record<keyof Thresholds, string>;
}
