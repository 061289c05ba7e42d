import type { ErrorGroupFacts } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { classWords, statusWords } from '../../model/error-words.ts';

/** The state of a group where it is not simply open, and the class of its cause. */
export function ErrorMarks({ error }: { readonly error: ErrorGroupFacts }): ReactElement | null {
  const { status, class: cause } = error;
  if (status === 'unresolved' && cause === null) return null;
  return (
    <span className="error-marks">
      {status !== 'unresolved' && <span className={`error-mark is-${status}`}>{statusWords[status]}</span>}
      {cause !== null && <span className="error-mark">{classWords[cause]}</span>}
    </span>
  );
}
