import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { alertCountsQuery } from '../api/alert-counts.ts';
import { Icon } from '../widgets/icon.tsx';
import { PageLink } from '../widgets/page-link.tsx';
import './alert-bell.css';

/** How many alerts fire now, on every page; the way to them. */
export function AlertBell(): ReactElement {
  const { data } = useQuery(alertCountsQuery);
  const firing = data?.counts.firing ?? 0;
  const severity = (['critical', 'warning', 'info'] as const).find(
    (one) => (data?.firingBySeverity[one] ?? 0) > 0,
  );
  const words =
    firing === 0 ? 'Alerts: nothing fires' : `Alerts: ${firing} ${firing === 1 ? 'fires' : 'fire'}`;
  return (
    <PageLink to="/alerts" className="alert-bell" aria-label={words} title={words}>
      <Icon name="bell" />
      {severity !== undefined && (
        <span className={`bell-count is-${severity}`}>{firing > 99 ? '99+' : firing}</span>
      )}
    </PageLink>
  );
}
