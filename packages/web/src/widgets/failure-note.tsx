import type { ReactElement } from 'react';
import { KeptNote, type KeptNoteProps } from './kept-note.tsx';
import { ErrorNotice } from './states.tsx';
import { mayPass } from './use-kept.ts';

/** That asking failed: beside the last answer, which stays, or alone where there is none or the question itself is wrong. */
export function FailureNote(props: KeptNoteProps): ReactElement | null {
  const { query, isShown, onRetry } = props;
  if (query.error === null) return null;
  return isShown && mayPass(query.error) ? (
    <KeptNote {...props} />
  ) : (
    <ErrorNotice error={query.error} onRetry={onRetry} />
  );
}
