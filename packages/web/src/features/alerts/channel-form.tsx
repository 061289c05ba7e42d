import type { ChannelType, ChannelView } from '@sightline/schema/api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { deleteChannel, saveChannel } from '../../api/channel-queries.ts';
import { channelKinds, draftOfChannel, newChannelDraft, readChannelDraft } from '../../model/channel-form.ts';
import { Button } from '../../widgets/button.tsx';

interface ChannelFormProps {
  /** Undefined: a new one. */
  readonly channel: ChannelView | undefined;
  readonly onDone: () => void;
}

export function ChannelForm({ channel, onDone }: ChannelFormProps): ReactElement {
  const client = useQueryClient();
  const [draft, setDraft] = useState(() =>
    channel === undefined ? newChannelDraft('slack_webhook') : draftOfChannel(channel),
  );
  const done = async (): Promise<void> => {
    await client.invalidateQueries({ queryKey: ['channels'] });
    onDone();
  };
  const save = useMutation({
    mutationFn: () => saveChannel(channel?.id, readChannelDraft(draft)),
    onSuccess: done,
  });
  const remove = useMutation({ mutationFn: deleteChannel, onSuccess: done });
  const kind = channelKinds.find(({ type }) => type === draft.type);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  const set = (name: string, value: string): void =>
    setDraft((before) => ({ ...before, values: { ...before.values, [name]: value } }));
  return (
    <form
      className="form-fields boxed-form"
      onSubmit={submit}
      onKeyDown={(event) => event.key === 'Escape' && onDone()}
    >
      <h3>{channel?.name ?? 'A channel'}</h3>
      <div className="form-row">
        <label className="field">
          <span>Kind</span>
          <select
            value={draft.type}
            disabled={channel !== undefined}
            onChange={(event) =>
              setDraft({ ...newChannelDraft(event.target.value as ChannelType), name: draft.name })
            }
          >
            {channelKinds.map(({ type, label }) => (
              <option key={type} value={type}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label className="field" style={{ flexBasis: 220 }}>
          <span>Name</span>
          <input
            value={draft.name}
            required
            maxLength={100}
            onChange={(event) => setDraft({ ...draft, name: event.target.value })}
          />
        </label>
      </div>
      {kind?.fields.map((field) => (
        <label key={field.name} className="field">
          <span>{field.label}</span>
          {field.choices === undefined ? (
            <input
              className="mono"
              type={field.isSecret === true ? 'password' : 'text'}
              autoComplete="off"
              value={draft.values[field.name] ?? ''}
              placeholder={field.placeholder ?? ''}
              required={field.isOptional !== true}
              onChange={(event) => set(field.name, event.target.value)}
            />
          ) : (
            <select
              value={draft.values[field.name]}
              onChange={(event) => set(field.name, event.target.value)}
            >
              {field.choices.map((choice) => (
                <option key={choice}>{choice}</option>
              ))}
            </select>
          )}
          {field.about !== undefined && <small>{field.about}</small>}
        </label>
      ))}
      <div className="form-row">
        <Button type="submit" look="primary" disabled={save.isPending}>
          {channel === undefined ? 'Add' : 'Save'}
        </Button>
        {channel !== undefined && (
          <Button disabled={remove.isPending} onClick={() => remove.mutate(channel.id)}>
            Delete
          </Button>
        )}
        <Button onClick={onDone}>Cancel</Button>
      </div>
      <p className="form-problem" role="alert">
        {save.error?.message ?? remove.error?.message ?? ''}
      </p>
    </form>
  );
}
