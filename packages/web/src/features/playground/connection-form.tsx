import type { ModelProtocol } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { connectionsQuery, deleteConnection, saveConnection } from '../../api/quality-queries.ts';
import { Button } from '../../widgets/button.tsx';
import '../../widgets/plain-table.css';

const addresses: Readonly<Record<ModelProtocol, string>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
};
const labels: Readonly<Record<ModelProtocol, string>> = {
  openai: 'OpenAI and what speaks like it',
  anthropic: 'Anthropic',
  google: 'Google',
};

/** Where models are asked. A key goes to the server and nowhere else; this page never has it again. */
export function ConnectionForm(): ReactElement {
  const client = useQueryClient();
  const { data } = useQuery(connectionsQuery);
  const empty = {
    name: '',
    protocol: 'openai' as ModelProtocol,
    baseUrl: addresses.openai,
    keyVariable: '',
    key: '',
  };
  const [draft, setDraft] = useState(empty);
  const set = (changes: Partial<typeof draft>): void => setDraft((before) => ({ ...before, ...changes }));
  const put = useMutation({
    mutationFn: async (action: () => ReturnType<typeof saveConnection>) => action(),
    onSuccess: (answer) => {
      client.setQueryData(connectionsQuery.queryKey, answer);
      setDraft(empty);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const { name, protocol, baseUrl, keyVariable, key } = draft;
    put.mutate(async () =>
      saveConnection({
        name,
        protocol,
        baseUrl,
        ...(keyVariable === '' ? {} : { keyVariable }),
        ...(key === '' ? {} : { key }),
      }),
    );
  };
  return (
    <>
      {data !== undefined && data.connections.length > 0 && (
        <div className="plain-table">
          <table>
            <tbody>
              {data.connections.map(({ id, name, protocol, baseUrl, keyVariable, hasKey }) => (
                <tr key={id}>
                  <td>{name}</td>
                  <td>{labels[protocol]}</td>
                  <td className="mono small grow">{baseUrl}</td>
                  <td className={hasKey ? 'soft' : 'faint'}>
                    {keyVariable === null
                      ? hasKey
                        ? 'key kept'
                        : 'no key'
                      : `${keyVariable}${hasKey ? '' : ' is not set'}`}
                  </td>
                  <td>
                    {!id.startsWith('environment:') && (
                      <Button look="quiet" onClick={() => put.mutate(async () => deleteConnection(name))}>
                        Delete
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <form className="form-row" aria-label="New connection" autoComplete="off" onSubmit={submit}>
        <label className="field">
          <span>Name</span>
          <input value={draft.name} required onChange={(event) => set({ name: event.target.value })} />
        </label>
        <label className="field">
          <span>Speaks like</span>
          <select
            value={draft.protocol}
            onChange={(event) => {
              const protocol = event.target.value as ModelProtocol;
              set({ protocol, baseUrl: addresses[protocol] });
            }}
          >
            {Object.entries(labels).map(([protocol, label]) => (
              <option key={protocol} value={protocol}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label className="field" style={{ flexBasis: 280 }}>
          <span>Address</span>
          <input
            className="mono"
            value={draft.baseUrl}
            required
            onChange={(event) => set({ baseUrl: event.target.value })}
          />
        </label>
        <label className="field">
          <span>Variable with the key</span>
          <input
            className="mono"
            value={draft.keyVariable}
            placeholder="OPENAI_API_KEY"
            onChange={(event) => set({ keyVariable: event.target.value })}
          />
        </label>
        <label className="field">
          <span>Or the key itself</span>
          <input
            type="password"
            autoComplete="off"
            value={draft.key}
            disabled={data?.canKeepKeys !== true}
            title={
              data?.canKeepKeys === true
                ? 'Kept encrypted on the server'
                : 'The server needs SIGHTLINE_SECRET to keep keys'
            }
            onChange={(event) => set({ key: event.target.value })}
          />
        </label>
        <Button look="primary" type="submit" disabled={put.isPending}>
          Save
        </Button>
        {put.error !== null && <p className="form-problem">{put.error.message}</p>}
      </form>
    </>
  );
}
