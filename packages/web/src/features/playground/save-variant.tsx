import type { PromptContent, PromptMessage } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import {
  addItems,
  beginExperiment,
  createDataset,
  datasetsQuery,
  savePrompt,
} from '../../api/quality-queries.ts';
import { Button } from '../../widgets/button.tsx';
import { PageLink } from '../../widgets/page-link.tsx';

interface SaveVariantProps {
  readonly content: PromptContent;
  /** With the variables filled in. */
  readonly messages: readonly PromptMessage[];
  readonly values: Readonly<Record<string, string>>;
  readonly connection: string;
  readonly answer: string;
  readonly source: { readonly traceId: string; readonly spanId: string } | undefined;
  readonly promptName: string;
}

type Saving = 'prompt' | 'item' | 'experiment';

/** Keeps a variant: as a version of a prompt, as an item of a dataset, or tried on a dataset. */
export function SaveVariant(props: SaveVariantProps): ReactElement {
  const [saving, setSaving] = useState<Saving>();
  return (
    <>
      <Button
        pressed={saving === 'prompt'}
        onClick={() => setSaving(saving === 'prompt' ? undefined : 'prompt')}
      >
        Save as prompt
      </Button>
      <Button pressed={saving === 'item'} onClick={() => setSaving(saving === 'item' ? undefined : 'item')}>
        Save as item
      </Button>
      <Button
        pressed={saving === 'experiment'}
        onClick={() => setSaving(saving === 'experiment' ? undefined : 'experiment')}
      >
        Try on a dataset
      </Button>
      {saving !== undefined && <SaveForm key={saving} saving={saving} {...props} />}
    </>
  );
}

interface Saved {
  readonly words: string;
  readonly to: string;
  readonly search: Readonly<Record<string, string>>;
}

function SaveForm({ saving, ...props }: SaveVariantProps & { readonly saving: Saving }): ReactElement {
  const client = useQueryClient();
  const datasets = useQuery(datasetsQuery).data?.datasets ?? [];
  const [name, setName] = useState(saving === 'prompt' ? props.promptName : '');
  const save = useMutation({
    mutationFn: async (): Promise<Saved> => {
      if (saving === 'prompt') return saveAsPrompt(name, props.content);
      if (saving === 'experiment') return saveAsExperiment(name, props);
      if (!datasets.some((each) => each.name === name)) await createDataset(name);
      return saveAsItem(name, props);
    },
    onSuccess: async () => client.invalidateQueries(),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className="row-actions" style={{ flexBasis: '100%' }} onSubmit={submit}>
      {saving === 'experiment' ? (
        <select aria-label="Dataset" value={name} required onChange={(event) => setName(event.target.value)}>
          <option value="">Dataset…</option>
          {datasets.map((each) => (
            <option key={each.name}>{each.name}</option>
          ))}
        </select>
      ) : (
        <input
          value={name}
          required
          list={saving === 'item' ? 'playground-datasets' : undefined}
          placeholder={saving === 'prompt' ? 'Name of the prompt' : 'Name of the dataset'}
          aria-label={saving === 'prompt' ? 'Name of the prompt' : 'Name of the dataset'}
          onChange={(event) => setName(event.target.value)}
        />
      )}
      {saving === 'item' && (
        <datalist id="playground-datasets">
          {datasets.map((each) => (
            <option key={each.name} value={each.name} />
          ))}
        </datalist>
      )}
      <Button look="primary" type="submit" disabled={save.isPending}>
        {saving === 'experiment' ? 'Begin' : 'Save'}
      </Button>
      {save.error !== null && <span className="error-text">{save.error.message}</span>}
      {save.data !== undefined && (
        <span role="status">
          {save.data.words}{' '}
          <PageLink to={save.data.to} search={save.data.search}>
            Open
          </PageLink>
        </span>
      )}
    </form>
  );
}

async function saveAsPrompt(name: string, content: PromptContent): Promise<Saved> {
  const saved = await savePrompt({ name, content });
  return {
    words:
      saved.isNew === false
        ? `Version ${saved.version} says this already.`
        : `Saved as version ${saved.version}.`,
    to: '/prompts',
    search: { prompt: name, v: String(saved.version) },
  };
}

/** The values of the variables are the input where there are some, else the messages. */
async function saveAsItem(
  name: string,
  { values, messages, answer, source }: SaveVariantProps,
): Promise<Saved> {
  const given = Object.entries(values).filter(([, value]) => value !== '');
  const item = {
    input: given.length > 0 ? Object.fromEntries(given) : { messages },
    ...(answer === '' ? {} : { expected: answer }),
    ...(source === undefined ? {} : { source }),
  };
  const { added } = await addItems(name, { items: [item], note: 'From the playground' });
  return {
    words: added === 0 ? 'An item with this input is there already.' : 'Saved.',
    to: '/datasets',
    search: { dataset: name },
  };
}

async function saveAsExperiment(
  dataset: string,
  { content, connection, promptName }: SaveVariantProps,
): Promise<Saved> {
  const made = await beginExperiment({
    name: `${promptName === '' ? 'Playground' : promptName}, ${content.model ?? 'no model'}`,
    dataset,
    target: { kind: 'prompt', content, connection },
    evaluators: [{ name: 'as_expected', settings: { type: 'expected' } }],
  });
  return { words: 'It runs.', to: '/experiments', search: { dataset, ids: made.id } };
}
