import type { TargetSettings } from '@sightline/schema/api';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, useState } from 'react';
import { saveTarget } from '../../api/replay-queries.ts';
import { Button } from '../../widgets/button.tsx';

const bodyAtFirst = '{ "input": "{{input}}", "context": "{{context}}" }';

/** An address that takes what runs were given, or a model. Functions of programs make themselves known. */
export function TargetForm({ onSaved }: { readonly onSaved: () => void }): ReactElement {
  const client = useQueryClient();
  const [kind, setKind] = useState<'http' | 'model'>('http');
  const [failure, setFailure] = useState<string>();
  const save = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    setFailure(undefined);
    const form = new FormData(event.currentTarget);
    const field = (name: string): string => {
      const value = form.get(name);
      return typeof value === 'string' ? value.trim() : '';
    };
    try {
      await saveTarget(field('name'), readSettings(kind, field));
      await client.invalidateQueries({ queryKey: ['replay-targets'] });
      onSaved();
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form className="form-fields" onSubmit={(event) => void save(event)}>
      <Field name="name" label="Name" placeholder="answer-question" required />
      <label className="field">
        <span>Kind</span>
        <select value={kind} onChange={(event) => setKind(event.target.value === 'model' ? 'model' : 'http')}>
          <option value="http">HTTP</option>
          <option value="model">Model</option>
        </select>
      </label>
      <Field
        name="url"
        label={kind === 'http' ? 'Address' : 'Address of the API'}
        placeholder={kind === 'http' ? 'http://127.0.0.1:8080/answer' : 'https://api.openai.com/v1'}
        required
      />
      {kind === 'http' ? (
        <>
          <label className="field">
            <span>Body</span>
            <textarea name="body" rows={3} defaultValue={bodyAtFirst} />
          </label>
          <Field name="answerPath" label="Where the answer is" placeholder="result.answer" />
          <label className="field">
            <span>Headers, one a line</span>
            <textarea name="headers" rows={2} placeholder={'authorization: Bearer ${secret:AGENT_KEY}'} />
          </label>
        </>
      ) : (
        <>
          <Field name="model" label="Model" placeholder="gpt-4o-mini" required />
          <Field name="key" label="Name of the secret" placeholder="OPENAI" />
        </>
      )}
      <p className="soft small">
        A secret is named, not typed: <code>AGENT_KEY</code> is the variable{' '}
        <code>SIGHTLINE_SECRET_AGENT_KEY</code> of the server.
      </p>
      {failure !== undefined && (
        <p className="error-text" role="alert">
          {failure}
        </p>
      )}
      <Button look="primary" type="submit">
        Save
      </Button>
    </form>
  );
}

function Field(props: {
  readonly name: string;
  readonly label: string;
  readonly placeholder: string;
  readonly required?: boolean;
}): ReactElement {
  return (
    <label className="field">
      <span>{props.label}</span>
      <input name={props.name} placeholder={props.placeholder} required={props.required === true} />
    </label>
  );
}

function readSettings(kind: 'http' | 'model', field: (name: string) => string): Partial<TargetSettings> {
  const given = (name: string) => (field(name) === '' ? {} : { [name]: field(name) });
  if (kind === 'model') return { kind, url: field('url'), model: field('model'), ...given('key') };
  return {
    kind,
    url: field('url'),
    body: JSON.parse(field('body')) as string,
    ...given('answerPath'),
    headers: Object.fromEntries(
      field('headers')
        .split('\n')
        .filter((line) => line.includes(':'))
        .map((line) => [
          line.slice(0, line.indexOf(':')).trim().toLowerCase(),
          line.slice(line.indexOf(':') + 1).trim(),
        ]),
    ),
  };
}
