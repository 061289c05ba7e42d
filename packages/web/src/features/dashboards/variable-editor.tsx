import type { DashboardVariable } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { Button, IconButton } from '../../widgets/button.tsx';

interface VariableEditorProps {
  readonly variables: readonly DashboardVariable[];
  readonly onChange: (variables: readonly DashboardVariable[]) => void;
}

type From = DashboardVariable['from'];

/** The variables of a dashboard: their names, and where their values come from. */
export function VariableEditor({ variables, onChange }: VariableEditorProps): ReactElement {
  const set = (place: number, next: DashboardVariable | undefined): void =>
    onChange(variables.flatMap((one, index) => (index === place ? (next ?? []) : one)));
  return (
    <details className="variable-editor">
      <summary>Variables ({variables.length})</summary>
      <p className="small faint">
        A query names them: model:$model in words and filters, model=~"$model" in PromQL.
      </p>
      {variables.map((variable, place) => (
        // Variables have no identity but their place while they are named.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={place} className="form-row">
          <label className="field">
            <span>Name</span>
            <input
              value={variable.name}
              maxLength={40}
              onChange={(event) =>
                set(place, { ...variable, name: event.target.value.replaceAll(/\W/g, '') })
              }
            />
          </label>
          <label className="field">
            <span>Values of</span>
            <select
              value={variable.from.type}
              onChange={(event) =>
                set(place, {
                  ...variable,
                  from: emptyFrom(event.target.value as From['type'], variable.name),
                })
              }
            >
              <option value="field">a field of spans</option>
              <option value="label">a label of metrics</option>
              <option value="list">a list</option>
            </select>
          </label>
          <label className="field">
            <span>{variable.from.type === 'list' ? 'Values, with commas' : 'Called'}</span>
            <input
              value={textOf(variable.from)}
              maxLength={2_000}
              onChange={(event) =>
                set(place, { ...variable, from: withText(variable.from, event.target.value) })
              }
            />
          </label>
          <IconButton
            icon="close"
            label={`Remove the variable ${variable.name}`}
            onClick={() => set(place, undefined)}
          />
        </div>
      ))}
      <Button
        icon="plus"
        disabled={variables.length >= 20}
        onClick={() =>
          onChange([
            ...variables,
            {
              name: nextName(variables),
              label: '',
              value: [],
              from: { type: 'field', field: 'service', signal: 'spans' },
            },
          ])
        }
      >
        Add a variable
      </Button>
    </details>
  );
}

function nextName(variables: readonly DashboardVariable[]): string {
  for (let number = variables.length + 1; ; number++)
    if (!variables.some(({ name }) => name === `variable${number}`)) return `variable${number}`;
}

function emptyFrom(type: From['type'], name: string): From {
  if (type === 'field') return { type, field: name, signal: 'spans' };
  return type === 'label' ? { type, label: name, match: '' } : { type, values: [] };
}

function textOf(from: From): string {
  if (from.type === 'field') return from.field;
  return from.type === 'label' ? from.label : from.values.join(', ');
}

function withText(from: From, text: string): From {
  if (from.type === 'field') return { ...from, field: text };
  if (from.type === 'label') return { ...from, label: text };
  return {
    ...from,
    values: text
      .split(',')
      .map((value) => value.trim())
      .filter((value) => value !== ''),
  };
}
