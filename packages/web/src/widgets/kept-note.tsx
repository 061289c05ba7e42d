import { useRef, type ReactElement } from 'react';
import { UnreachableError } from '../api/client.ts';
import { formatRelative } from '../model/timestamp.ts';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';
import { mayPass } from './use-kept.ts';
import { useNow } from './use-now.ts';

export interface KeptNoteProps {
  readonly query: {
    readonly error: Error | null;
    readonly dataUpdatedAt: number;
    readonly isPlaceholderData: boolean;
  };
  /** Whether an answer is on the screen. */
  readonly isShown: boolean;
  readonly onRetry: () => void;
}

/** That what is shown is the last answer, how old it is, and why there is no newer one. The page itself says when the server is gone. */
export function KeptNote({ query, isShown, onRetry }: KeptNoteProps): ReactElement | null {
  const { error, dataUpdatedAt, isPlaceholderData } = query;
  const answeredMs = useRef(0);
  if (dataUpdatedAt > 0 && !isPlaceholderData) answeredMs.current = dataUpdatedAt;
  const nowMs = useNow();
  if (error === null || !isShown || error instanceof UnreachableError || !mayPass(error)) return null;
  const age = answeredMs.current === 0 ? 'before' : formatRelative(answeredMs.current, nowMs);
  return (
    <p className="limits-note kept-note" role="status">
      <Icon name="warning" size={14} />
      <span>
        This is the answer of {age}. Asking again failed: {error.message}
      </span>
      <Button icon="refresh" onClick={onRetry}>
        Try again
      </Button>
    </p>
  );
}
