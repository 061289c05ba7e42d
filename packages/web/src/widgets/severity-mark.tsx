import type { AlertSeverity } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { Icon } from './icon.tsx';
import './severity-mark.css';

const icons = { critical: 'error', warning: 'warning', info: 'live' } as const;
const words = { critical: 'Critical', warning: 'Warning', info: 'Info' } as const;

/** How bad an alert is: a sign, a colour and the word, so that none of them has to be known. */
export function SeverityMark({ severity }: { readonly severity: AlertSeverity }): ReactElement {
  return (
    <span className={`severity-mark is-${severity}`}>
      <Icon name={icons[severity]} size={14} />
      {words[severity]}
    </span>
  );
}
