import { useState, type FormEvent, type ReactElement, type ReactNode } from 'react';
import { storeApiKey } from '../api/api-key.ts';
import { ApiError, UnreachableError } from '../api/client.ts';
import { withLocalTimes } from '../model/timestamp.ts';
import { Button } from './button.tsx';
import { Icon, type IconName } from './icon.tsx';
import './states.css';

interface NoticeProps {
  readonly icon: IconName;
  readonly title: string;
  readonly tone?: 'error' | 'plain';
  readonly children?: ReactNode;
}

/** A page or panel that has nothing else to show: what is so, why, and what to do next. */
export function Notice({ icon, title, tone = 'plain', children }: NoticeProps): ReactElement {
  return (
    <div className={`notice notice-${tone}`} role={tone === 'error' ? 'alert' : 'status'}>
      <Icon name={icon} size={28} />
      <h2>{title}</h2>
      <div className="notice-body">{children}</div>
    </div>
  );
}

/** What a failed query looks like: the server's own words, and the way on. */
export function ErrorNotice({
  error,
  onRetry,
}: {
  readonly error: Error;
  readonly onRetry?: () => void;
}): ReactElement {
  if (error instanceof UnreachableError) {
    return (
      <Notice icon="refresh" title="The server does not answer">
        <p>It may be restarting, or the network is gone. This page goes on by itself when it is back.</p>
      </Notice>
    );
  }
  if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
    return <KeyNotice error={error} />;
  }
  return (
    <Notice icon="error" title={error.message} tone="error">
      {error instanceof ApiError && <Hint text={error.hint} />}
      {error instanceof ApiError && <p className="faint small mono">{error.code}</p>}
      {onRetry !== undefined && (
        <Button icon="refresh" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Notice>
  );
}

/** Several lines point at a place in a text, column by column. */
function Hint({ text }: { readonly text: string }): ReactElement {
  return text.includes('\n') ? <pre className="notice-lines">{text}</pre> : <p>{text}</p>;
}

/** Asks for the API key that the server wants, and keeps it in this browser. */
function KeyNotice({ error }: { readonly error: ApiError }): ReactElement {
  const [key, setKey] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    storeApiKey(key.trim());
    window.location.reload();
  };
  return (
    <Notice icon="keyboard" title="This server asks for an API key">
      <p>{error.message}</p>
      <form className="key-form" onSubmit={submit}>
        <label htmlFor="api-key">API key</label>
        <input
          id="api-key"
          type="password"
          autoComplete="current-password"
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
        <Button look="primary" type="submit" disabled={key.trim() === ''}>
          Open
        </Button>
      </form>
      <p className="faint small">Kept in this browser only, and sent only to this server.</p>
    </Notice>
  );
}

/** Rows to come, in the place they will take. */
export function SkeletonRows({ count = 8 }: { readonly count?: number }): ReactElement {
  return (
    <div className="skeleton-rows" role="status" aria-busy="true" aria-label="Loading">
      {Array.from({ length: count }, (_, i) => (
        <div
          key={i}
          className="skeleton-row"
          style={{ '--w': `${30 + ((i * 37) % 45)}%` } as React.CSSProperties}
        />
      ))}
    </div>
  );
}

/** A word that will come, at its width. */
export function SkeletonText({ width = 320 }: { readonly width?: number }): ReactElement {
  return <span className="skeleton-text" role="img" style={{ width }} aria-label="Loading" />;
}

/** What an answer leaves out, said where the answer stands. */
export function LimitsNote({
  limits,
}: {
  readonly limits: readonly { readonly limit: string; readonly message: string }[] | undefined;
}): ReactElement | null {
  if (limits === undefined || limits.length === 0) return null;
  // What is being settled says so itself.
  const lead = limits.every(({ limit }) => limit === 'settling') ? '' : 'Not everything: ';
  return (
    <p className="limits-note" role="note">
      <Icon name="warning" size={14} />
      <span>
        {lead}
        {withLocalTimes([...new Set(limits.map(({ message }) => message))].join(' '))}
      </span>
    </p>
  );
}
