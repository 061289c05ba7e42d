import type { ErrorGroupFacts, ErrorStateRequest } from '@sightline/schema/api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { changeErrorState } from '../../api/error-queries.ts';
import { statusWords } from '../../model/error-words.ts';
import { Button } from '../../widgets/button.tsx';
import { TimeAgo } from '../../widgets/facts.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { useNow } from '../../widgets/use-now.ts';

const dayMs = 86_400_000;

/** Resolve, ignore, reopen, assign. */
export function ErrorActions(props: {
  readonly error: ErrorGroupFacts;
  readonly onChanged: () => void;
}): ReactElement {
  const { error, onChanged } = props;
  const nowMs = useNow();
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (state: Partial<ErrorStateRequest>) => changeErrorState(error.id, state),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['errors'] });
      onChanged();
    },
  });
  const ignore = (days: number | undefined): void =>
    change.mutate({
      status: 'ignored',
      ignoredUntil: days === undefined ? null : new Date(Date.now() + days * dayMs).toISOString(),
    });
  const isOpen = error.status === 'unresolved' || error.status === 'regressed';
  useKeys('Error', [{ keys: 'e', label: 'Resolve', run: () => change.mutate({ status: 'resolved' }) }]);
  return (
    <div className="error-actions">
      {isOpen ? (
        <>
          <Button
            look="primary"
            icon="check"
            disabled={change.isPending}
            onClick={() => change.mutate({ status: 'resolved' })}
          >
            Resolve
          </Button>
          <Button
            disabled={change.isPending}
            title="Errors of versions that were seen already do not open it again"
            onClick={() => change.mutate({ status: 'resolved', inNextVersion: true })}
          >
            Resolve in the next version
          </Button>
          <select
            className="error-ignore"
            aria-label="Ignore"
            value=""
            disabled={change.isPending}
            onChange={(event) => {
              const { value } = event.target;
              if (value !== '') ignore(value === 'ever' ? undefined : Number(value));
            }}
          >
            <option value="">Ignore…</option>
            <option value="1">for a day</option>
            <option value="7">for a week</option>
            <option value="30">for a month</option>
            <option value="ever">for ever</option>
          </select>
        </>
      ) : (
        <>
          <span className="soft">
            {statusWords[error.status]}
            {error.changedBy === null ? '' : ` by ${error.changedBy}`}
            {error.changedAt !== null && (
              <>
                {' '}
                <TimeAgo time={error.changedAt} nowMs={nowMs} />
              </>
            )}
            {error.ignoredUntil !== null && `, until ${new Date(error.ignoredUntil).toLocaleDateString()}`}
          </span>
          <Button
            icon="refresh"
            disabled={change.isPending}
            onClick={() => change.mutate({ status: 'unresolved' })}
          >
            Open again
          </Button>
        </>
      )}
      <Assignee
        key={error.assignee ?? ''}
        assignee={error.assignee}
        onAssign={(assignee) => change.mutate({ assignee })}
      />
      {change.error !== null && <span className="error-text">{change.error.message}</span>}
    </div>
  );
}

function Assignee(props: {
  readonly assignee: string | null;
  readonly onAssign: (assignee: string | null) => void;
}): ReactElement {
  const [name, setName] = useState(props.assignee ?? '');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (name.trim() !== (props.assignee ?? '')) props.onAssign(name.trim() === '' ? null : name.trim());
  };
  return (
    <form className="error-assignee" onSubmit={submit}>
      <input
        aria-label="Assigned to"
        placeholder="Assign to…"
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.target.value)}
        onBlur={submit}
      />
    </form>
  );
}
