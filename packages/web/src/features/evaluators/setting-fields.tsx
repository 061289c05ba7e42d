import type { ReactElement } from 'react';
import type { EvaluatorDraft } from '../../model/evaluator-form.ts';

interface FieldSpec {
  readonly name: string;
  readonly label: string;
  readonly kind: 'text' | 'number' | 'long' | 'flag' | 'choice';
  readonly about?: string;
  readonly choices?: readonly (readonly [value: string, label: string])[];
}

const specs: Readonly<Record<EvaluatorDraft['type'], readonly FieldSpec[]>> = {
  exact: [
    { name: 'expected', label: 'Expected answer', kind: 'long' },
    { name: 'ignoreCase', label: 'Capitals do not matter', kind: 'flag' },
  ],
  regex: [
    {
      name: 'pattern',
      label: 'Pattern',
      kind: 'text',
      about: 'RE2: no lookaround, no back-references. (?i) ignores capitals.',
    },
    { name: 'mustMatch', label: 'The answer must match', kind: 'flag' },
  ],
  json_schema: [{ name: 'schema', label: 'JSON Schema', kind: 'long' }],
  latency: [{ name: 'maxMs', label: 'At most, milliseconds', kind: 'number' }],
  cost: [{ name: 'maxUsd', label: 'At most, US dollars', kind: 'number' }],
  groundedness: [
    { name: 'threshold', label: 'Grounded from this share of sentences', kind: 'number', about: '0 to 1' },
  ],
  refusal: [],
  language: [
    {
      name: 'expected',
      label: 'Expected language',
      kind: 'text',
      about: 'Two letters such as en or de; empty: only told.',
    },
  ],
  judge: [
    {
      name: 'protocol',
      label: 'Protocol',
      kind: 'choice',
      choices: [
        ['openai', 'OpenAI, and what speaks like it'],
        ['anthropic', 'Anthropic'],
      ],
    },
    { name: 'url', label: 'Address', kind: 'text' },
    { name: 'model', label: 'Model', kind: 'text' },
    {
      name: 'keyVariable',
      label: 'Environment variable with the key',
      kind: 'text',
      about: 'Read by the server when it judges, and stored nowhere. Empty: no key is sent.',
    },
    {
      name: 'criterion',
      label: 'Criterion',
      kind: 'long',
      about: 'The judge sees the question, the answer and the retrieved documents.',
    },
    { name: 'passAt', label: 'Passes at', kind: 'number', about: 'Of a score from 0 to 1.' },
    { name: 'lowerIsBetter', label: 'Lower is better, as for hallucination', kind: 'flag' },
  ],
};

/** The settings of one kind of evaluator. */
export function SettingFields(props: {
  readonly draft: EvaluatorDraft;
  readonly onChange: (name: string, value: string) => void;
}): ReactElement {
  return (
    <>
      {specs[props.draft.type].map((spec) => (
        <SettingField
          key={spec.name}
          spec={spec}
          value={props.draft[spec.name] ?? ''}
          onChange={(value) => props.onChange(spec.name, value)}
        />
      ))}
    </>
  );
}

function SettingField(props: {
  readonly spec: FieldSpec;
  readonly value: string;
  readonly onChange: (value: string) => void;
}): ReactElement {
  const { spec, value, onChange } = props;
  if (spec.kind === 'flag')
    return (
      <label className="field-check">
        <input
          type="checkbox"
          checked={value === 'yes'}
          onChange={(event) => onChange(event.target.checked ? 'yes' : 'no')}
        />
        {spec.label}
      </label>
    );
  return (
    <label className="field">
      <span>{spec.label}</span>
      {spec.kind === 'long' && (
        <textarea
          className={spec.name === 'schema' ? 'mono' : undefined}
          rows={spec.name === 'schema' ? 8 : 4}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
      {spec.kind === 'choice' && (
        <select value={value} onChange={(event) => onChange(event.target.value)}>
          {spec.choices?.map(([choice, label]) => (
            <option key={choice} value={choice}>
              {label}
            </option>
          ))}
        </select>
      )}
      {(spec.kind === 'text' || spec.kind === 'number') && (
        <input
          value={value}
          inputMode={spec.kind === 'number' ? 'decimal' : undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
      {spec.about !== undefined && <small>{spec.about}</small>}
    </label>
  );
}
