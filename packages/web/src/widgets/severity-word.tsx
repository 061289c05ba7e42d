import type { Severity } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import './severity-word.css';

export function SeverityWord({ severity }: { readonly severity: Severity }): ReactElement {
  return (
    <span className={`severity severity-${severity.toLowerCase()}`}>
      {severity === 'UNSET' ? '–' : severity}
    </span>
  );
}
