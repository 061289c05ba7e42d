import { useEffect, useRef, useState, type FormEvent, type ReactElement } from 'react';
import { type Override, type PriceDraft, rateFields, readPriceDraft } from '../../model/price-words.ts';
import { Button } from '../../widgets/button.tsx';

interface OverrideFormProps {
  readonly draft: PriceDraft;
  readonly isNew: boolean;
  readonly isSaving: boolean;
  readonly error: Error | null;
  readonly onSave: (override: Override) => void;
  readonly onClose: () => void;
}

export function OverrideForm(props: OverrideFormProps): ReactElement {
  const [draft, setDraft] = useState(props.draft);
  const [problem, setProblem] = useState('');
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const set = (name: keyof PriceDraft, value: string): void =>
    setDraft((before) => ({ ...before, [name]: value }));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const read = readPriceDraft(draft);
    setProblem('problem' in read ? read.problem : '');
    if ('override' in read) props.onSave(read.override);
  };
  return (
    <section className="price-form">
      <h2>{props.isNew ? 'A price of your own' : 'Change the price'}</h2>
      <form
        className="form-fields"
        onSubmit={submit}
        onKeyDown={(event) => event.key === 'Escape' && props.onClose()}
      >
        <div className="form-row">
          <label className="field price-model">
            <span>Model</span>
            <input
              ref={first}
              className="mono"
              value={draft.model}
              placeholder="gpt-4o*"
              maxLength={200}
              onChange={(event) => set('model', event.target.value)}
            />
          </label>
          <label className="field">
            <span>Provider</span>
            <input
              className="mono"
              value={draft.provider}
              placeholder="any"
              maxLength={100}
              onChange={(event) => set('provider', event.target.value)}
            />
          </label>
        </div>
        <div className="form-row">
          {rateFields.map(({ name, label, isNeeded }) => (
            <label key={name} className="field">
              <span>{label}</span>
              <input
                inputMode="decimal"
                value={draft[name]}
                placeholder={
                  isNeeded
                    ? '$'
                    : name === 'request'
                      ? '0'
                      : `as ${name === 'reasoning' ? 'output' : 'input'}`
                }
                onChange={(event) => set(name, event.target.value)}
              />
            </label>
          ))}
        </div>
        <p className="faint small">
          US dollars per million tokens, the last one per call. * in a model stands for any characters. It
          counts for calls that arrive from now on.
        </p>
        <div className="form-row">
          <Button look="primary" type="submit" disabled={props.isSaving}>
            Save
          </Button>
          <Button onClick={props.onClose}>Cancel</Button>
          <span className="form-problem" role="alert">
            {problem === '' ? (props.error?.message ?? '') : problem}
          </span>
        </div>
      </form>
    </section>
  );
}
