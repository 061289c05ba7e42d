import type { AnnotationQueue } from '@sightline/schema/api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { deleteQueue, fillQueue, saveQueue } from '../../api/score-queries.ts';
import { Button } from '../../widgets/button.tsx';

const spans = [
  ['-1h', 'the last hour'],
  ['-24h', 'the last day'],
  ['-7d', 'the last 7 days'],
  ['', 'none: only new ones'],
] as const;

/** Makes or changes a queue, and fills it with what is stored. */
export function QueueForm(props: {
  readonly queue: AnnotationQueue | undefined;
  readonly onDone: (id: string | undefined) => void;
}): ReactElement {
  const { queue, onDone } = props;
  const client = useQueryClient();
  const [name, setName] = useState(queue?.name ?? '');
  const [q, setQ] = useState(queue?.q ?? '');
  const [percent, setPercent] = useState(String((queue?.sampleRate ?? 1) * 100));
  const [names, setNames] = useState((queue?.scoreNames ?? ['quality']).join(', '));
  const [instructions, setInstructions] = useState(queue?.instructions ?? '');
  const [follow, setFollow] = useState(queue?.follow ?? true);
  const [from, setFrom] = useState(queue === undefined ? '-24h' : '');
  const refresh = async (): Promise<void> => {
    await client.invalidateQueries({ queryKey: ['annotation-queues'] });
    await client.invalidateQueries({ queryKey: ['annotation-items'] });
  };
  const save = useMutation({
    mutationFn: async () => {
      const scoreNames = names.split(',').flatMap((one) => (one.trim() === '' ? [] : [one.trim()]));
      const rule = { name, q, sampleRate: Number(percent) / 100, scoreNames, instructions, follow };
      const saved = await saveQueue(queue?.id, rule);
      if (from !== '') await fillQueue(saved.id, { from, to: 'now' });
      return saved;
    },
    onSuccess: async (saved) => {
      await refresh();
      onDone(saved.id);
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) => deleteQueue(id),
    onSuccess: async () => {
      await refresh();
      onDone(undefined);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className="form-fields queue-form" onSubmit={submit} aria-label={queue?.name ?? 'New queue'}>
      <h2>{queue?.name ?? 'New queue'}</h2>
      <label className="field">
        <span>Name</span>
        <input value={name} required maxLength={100} onChange={(event) => setName(event.target.value)} />
      </label>
      <div className="form-row">
        <label className="field" style={{ flexBasis: 260 }}>
          <span>Which runs</span>
          <input
            className="mono"
            value={q}
            placeholder="all; or service:rag score.groundedness<0.5"
            onChange={(event) => setQ(event.target.value)}
          />
        </label>
        <label className="field">
          <span>Sample, %</span>
          <input value={percent} inputMode="decimal" onChange={(event) => setPercent(event.target.value)} />
        </label>
        <label className="field">
          <span>Fill it from</span>
          <select value={from} onChange={(event) => setFrom(event.target.value)}>
            {spans.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label className="field">
        <span>Scores to give, separated by commas</span>
        <input value={names} required onChange={(event) => setNames(event.target.value)} />
      </label>
      <label className="field">
        <span>Instructions</span>
        <textarea
          value={instructions}
          rows={3}
          maxLength={5000}
          onChange={(event) => setInstructions(event.target.value)}
        />
      </label>
      <label className="field-check">
        <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.target.checked)} />
        Add new runs that fit
      </label>
      <div className="form-row">
        <Button look="primary" type="submit" disabled={save.isPending}>
          {queue === undefined ? 'Create' : 'Save'}
        </Button>
        <Button onClick={() => onDone(undefined)}>Cancel</Button>
        {queue !== undefined && (
          <Button disabled={remove.isPending} onClick={() => remove.mutate(queue.id)}>
            Delete
          </Button>
        )}
      </div>
      <p className="form-problem" role="alert">
        {(save.error ?? remove.error)?.message ?? ''}
      </p>
    </form>
  );
}
