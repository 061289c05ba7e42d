import type { ErrorForwarding } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import {
  deleteErrorForwarding,
  errorForwardingQuery,
  saveErrorForwarding,
  testErrorForwarding,
} from '../../api/error-queries.ts';
import { formatCount, counted } from '@sightline/base';
import { Button } from '../../widgets/button.tsx';
import { TimeAgo } from '../../widgets/facts.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { useNow } from '../../widgets/use-now.ts';
import '../../widgets/form.css';
import './errors.css';

/** To which Sentry errors are sent on. */
export function ForwardingPage(): ReactElement {
  const query = useQuery(errorForwardingQuery());
  const { data, error } = query;
  return (
    <Page
      title="Forward to Sentry"
      answer={
        data === undefined ? (
          error === null ? (
            <SkeletonText width={320} />
          ) : (
            'Forward to Sentry'
          )
        ) : (
          sentence(data)
        )
      }
      detail={
        <>
          New errors can be sent on to a Sentry as well. <PageLink to="/errors">All errors</PageLink>
        </>
      }
    >
      {error !== null && <ErrorNotice error={error} onRetry={() => void query.refetch()} />}
      {data === undefined ? (
        error === null && <SkeletonRows count={3} />
      ) : (
        <div className="error-forwarding">
          <Progress forwarding={data} />
          <ForwardingForm key={data.dsn ?? ''} forwarding={data} />
        </div>
      )}
    </Page>
  );
}

function sentence({ dsn, isActive, sent }: ErrorForwarding): string {
  if (dsn === null) return 'Errors are not forwarded';
  const count = `${counted(sent, 'error was', 'errors were')} sent`;
  return isActive ? `Errors are sent on to ${new URL(dsn).host}; ${count}` : `Forwarding is paused; ${count}`;
}

function Progress({ forwarding }: { readonly forwarding: ErrorForwarding }): ReactElement | null {
  const nowMs = useNow();
  const { dsn, lastSentAt, failure, retryAt, refused, skipped } = forwarding;
  if (dsn === null) return null;
  return (
    <>
      {failure !== null && (
        <p className="error-text" role="alert">
          {failure}
          {retryAt !== null && ` The next attempt is at ${new Date(retryAt).toLocaleTimeString()}.`}
        </p>
      )}
      <p className="soft">
        {lastSentAt === null ? (
          'No error was sent yet.'
        ) : (
          <>
            The last error was sent <TimeAgo time={lastSentAt} nowMs={nowMs} />.
          </>
        )}
        {refused > 0 && ` The receiver refused ${formatCount(refused)}.`}
        {skipped > 0 && ` ${formatCount(skipped)} could not be sent within an hour.`}
      </p>
    </>
  );
}

function ForwardingForm({ forwarding }: { readonly forwarding: ErrorForwarding }): ReactElement {
  const client = useQueryClient();
  const [dsn, setDsn] = useState(forwarding.dsn ?? '');
  const [isActive, setActive] = useState(forwarding.dsn === null || forwarding.isActive);
  const refresh = async (): Promise<void> => client.invalidateQueries({ queryKey: ['error-forwarding'] });
  const save = useMutation({ mutationFn: saveErrorForwarding, onSuccess: refresh });
  const remove = useMutation({ mutationFn: deleteErrorForwarding, onSuccess: refresh });
  const trial = useMutation({ mutationFn: testErrorForwarding });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    trial.reset();
    save.mutate({ dsn: dsn.trim(), isActive });
  };
  const failure = save.error ?? remove.error ?? trial.error;
  return (
    <form className="form-fields" onSubmit={submit}>
      <label className="field">
        <span>DSN</span>
        <input
          className="mono"
          value={dsn}
          required
          maxLength={500}
          placeholder="https://<key>@<host>/<project>"
          autoComplete="off"
          onChange={(event) => setDsn(event.target.value)}
        />
      </label>
      <label className="field-check">
        <input type="checkbox" checked={isActive} onChange={(event) => setActive(event.target.checked)} />
        Send errors that are stored from now on
      </label>
      <div className="form-row">
        <Button look="primary" type="submit" disabled={save.isPending}>
          Save
        </Button>
        {forwarding.dsn !== null && (
          <>
            <Button disabled={trial.isPending} onClick={() => trial.mutate()}>
              Send a test error
            </Button>
            <Button disabled={remove.isPending} onClick={() => remove.mutate()}>
              Delete
            </Button>
          </>
        )}
      </div>
      {trial.data !== undefined && (
        <p className={trial.data.ok ? 'soft' : 'error-text'} role="status">
          {trial.data.detail}
        </p>
      )}
      {failure !== null && <p className="error-text">{failure.message}</p>}
    </form>
  );
}
