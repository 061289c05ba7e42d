import type { Experiment } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import {
  beginExperiment,
  connectionsQuery,
  datasetsQuery,
  promptsQuery,
  storedEvaluatorsQuery,
} from '../../api/quality-queries.ts';
import { Button } from '../../widgets/button.tsx';

/** Tries a stored prompt on a dataset, on the server. */
export function NewExperimentForm({
  dataset,
  onBegun,
}: {
  readonly dataset: string | undefined;
  readonly onBegun: (made: Experiment) => void;
}): ReactElement {
  const client = useQueryClient();
  const datasets = useQuery(datasetsQuery).data?.datasets ?? [];
  const prompts = useQuery(promptsQuery).data?.prompts ?? [];
  const connections = useQuery(connectionsQuery).data?.connections ?? [];
  const evaluators = useQuery(storedEvaluatorsQuery).data?.evaluators ?? [];
  const [draft, setDraft] = useState({
    name: '',
    dataset: dataset ?? '',
    prompt: '',
    version: 'latest',
    connection: '',
    model: '',
    repeats: '1',
    expected: true,
    stored: [] as readonly string[],
  });
  const set = (changes: Partial<typeof draft>): void => setDraft((before) => ({ ...before, ...changes }));
  const begin = useMutation({
    mutationFn: beginExperiment,
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ['experiments'] });
      onBegun(made);
    },
  });
  const prompt = prompts.find(({ name }) => name === draft.prompt);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    begin.mutate({
      name: draft.name,
      dataset: draft.dataset,
      repeats: Number(draft.repeats),
      target: {
        kind: 'prompt',
        prompt: { name: draft.prompt, version: draft.version },
        connection: draft.connection,
        ...(draft.model.trim() === '' ? {} : { model: draft.model.trim() }),
      },
      evaluators: [
        ...(draft.expected ? [{ name: 'as_expected', settings: { type: 'expected' } }] : []),
        ...draft.stored.map((name) => ({ name, settings: { type: 'stored', evaluator: name } })),
      ],
    });
  };
  return (
    <form className="form-fields" aria-label="New experiment" onSubmit={submit}>
      <div className="form-row">
        <Choice
          label="Dataset"
          value={draft.dataset}
          options={datasets.map(({ name }) => name)}
          onChange={(value) => set({ dataset: value })}
        />
        <Choice
          label="Prompt"
          value={draft.prompt}
          options={prompts.map(({ name }) => name)}
          onChange={(value) => set({ prompt: value, version: 'latest' })}
        />
        <Choice
          label="Version"
          value={draft.version}
          options={[
            'latest',
            ...Object.keys(prompt?.labels ?? {}),
            ...Array.from({ length: Math.min(50, prompt?.latestVersion ?? 0) }, (_, at) =>
              String((prompt?.latestVersion ?? 0) - at),
            ),
          ]}
          onChange={(value) => set({ version: value })}
        />
        <Choice
          label="Models asked at"
          value={draft.connection}
          options={connections.map(({ name }) => name)}
          onChange={(value) => set({ connection: value })}
        />
        <label className="field">
          <span>Model, instead of the prompt’s</span>
          <input
            className="mono"
            value={draft.model}
            onChange={(event) => set({ model: event.target.value })}
          />
        </label>
      </div>
      <div className="form-row">
        <label className="field">
          <span>Name</span>
          <input
            value={draft.name}
            required
            maxLength={200}
            onChange={(event) => set({ name: event.target.value })}
          />
        </label>
        <label className="field">
          <span>Times per item</span>
          <input
            type="number"
            min={1}
            max={20}
            value={draft.repeats}
            onChange={(event) => set({ repeats: event.target.value })}
          />
        </label>
        <label className="field-check">
          <input
            type="checkbox"
            checked={draft.expected}
            onChange={(event) => set({ expected: event.target.checked })}
          />
          Compare with what is expected
        </label>
        {evaluators.map(({ name }) => (
          <label key={name} className="field-check">
            <input
              type="checkbox"
              checked={draft.stored.includes(name)}
              onChange={(event) =>
                set({
                  stored: event.target.checked
                    ? [...draft.stored, name]
                    : draft.stored.filter((each) => each !== name),
                })
              }
            />
            {name}
          </label>
        ))}
        <Button look="primary" type="submit" disabled={begin.isPending}>
          Begin
        </Button>
      </div>
      {begin.error !== null && <p className="form-problem">{begin.error.message}</p>}
    </form>
  );
}

function Choice({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  readonly onChange: (value: string) => void;
}): ReactElement {
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} required onChange={(event) => onChange(event.target.value)}>
        <option value="" />
        {[...new Set(options)].map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}
