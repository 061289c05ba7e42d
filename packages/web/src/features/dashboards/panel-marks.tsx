import type { DashboardInput, DashboardMarksResponse, PanelOverlay } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { formatDateTime, msFromTimestamp } from '../../model/timestamp.ts';
import { chartPaddingRight } from '../../widgets/chart.tsx';
import { PageLink } from '../../widgets/page-link.tsx';

export interface PanelMarks {
  readonly deploys: DashboardMarksResponse['deploys'];
  readonly alerts: DashboardMarksResponse['alerts'];
  /** There are more. */
  readonly isCut: boolean;
}

const none: PanelMarks = { deploys: [], alerts: [], isCut: false };

/** Those that a panel shows: of the chosen services, where the dashboard lets one choose. */
export function marksOf(
  all: PanelMarks | undefined,
  overlays: readonly PanelOverlay[],
  services: readonly string[],
): PanelMarks {
  if (all === undefined) return none;
  const isChosen = (service: string | undefined): boolean =>
    services.length === 0 || service === undefined || services.includes(service);
  return {
    isCut: all.isCut && overlays.length > 0,
    deploys: overlays.includes('deploys') ? all.deploys.filter(({ service }) => isChosen(service)) : [],
    alerts: overlays.includes('alerts') ? all.alerts.filter(({ labels }) => isChosen(labels['service'])) : [],
  };
}

/** Services that are chosen by a variable; none: all. */
export function servicesOf(
  variables: DashboardInput['variables'],
  values: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  return variables.flatMap(({ name, from }) =>
    from.type === 'field' && from.field === 'service' ? (values[name] ?? []) : [],
  );
}

interface MarksLayerProps {
  readonly marks: PanelMarks;
  readonly range: { readonly fromMs: number; readonly toMs: number };
  readonly axisWidth: number;
}

/** Over the plot of a chart: a line for each version that began, and above the plot a bar for each alert while it fired. */
export function MarksLayer({ marks, range, axisWidth }: MarksLayerProps): ReactElement | null {
  const { deploys, alerts } = marks;
  if (deploys.length === 0 && alerts.length === 0) return null;
  const length = Math.max(1, range.toMs - range.fromMs);
  const share = (ms: number): number => Math.min(1, Math.max(0, (ms - range.fromMs) / length));
  const percent = (ms: number): string => `${(share(ms) * 100).toFixed(3)}%`;
  return (
    <div className="panel-marks" style={{ left: axisWidth, right: chartPaddingRight }}>
      {alerts.map((alert, index) => {
        const fromMs = msFromTimestamp(alert.from);
        const toMs = alert.to === null ? range.toMs : msFromTimestamp(alert.to);
        if (toMs < range.fromMs || fromMs > range.toMs) return null;
        const words = alertWords(alert);
        return (
          <PageLink
            // Two label sets of one rule may begin to fire at once.
            // oxlint-disable-next-line react/no-array-index-key
            key={`${alert.ruleId} ${alert.from} ${index}`}
            to="/alerts/rule"
            search={{ id: alert.ruleId }}
            className={`panel-mark-alert ${alert.severity === 'critical' ? 'is-critical' : ''}`}
            style={{ left: percent(fromMs), width: `${((share(toMs) - share(fromMs)) * 100).toFixed(3)}%` }}
            title={words}
            aria-label={words}
          />
        );
      })}
      {deploys.map(({ service, version, time, note }) => {
        const ms = msFromTimestamp(time);
        if (ms < range.fromMs || ms > range.toMs) return null;
        const words = `${service} ${version} began at ${formatDateTime(ms)}${note === '' ? '' : `: ${note}`}`;
        return (
          <PageLink
            key={`${service} ${version} ${time}`}
            to="/regressions"
            className="panel-mark-deploy"
            style={{ left: percent(ms) }}
            title={words}
            aria-label={words}
          />
        );
      })}
    </div>
  );
}

function alertWords({ rule, labels, from, to }: PanelMarks['alerts'][number]): string {
  const own = Object.values(labels).filter((value) => value !== '' && value !== rule);
  const of = own.length === 0 ? '' : ` (${own.join(', ')})`;
  const end = to === null ? 'still fires' : `until ${formatDateTime(msFromTimestamp(to))}`;
  return `${rule}${of} fired from ${formatDateTime(msFromTimestamp(from))}, ${end}`;
}
