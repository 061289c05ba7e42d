import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type ReactElement } from 'react';
import { realtimeQuery } from '../../api/agent-queries.ts';
import { alertCountsQuery } from '../../api/alert-counts.ts';
import { fleetQuery } from '../../api/fleet-queries.ts';
import { type FleetAgent, fleetSentence, healthWords, sortFleet } from '../../model/fleet.ts';
import { formatCostUsd, formatCount, formatDurationMs, formatShare, counted } from '@sightline/base';
import { describeRangeInSentence } from '../../model/time-range.ts';
import { ClipMiddle } from '../../widgets/clip-middle.tsx';
import { askedMoment } from '../../widgets/asked-moment.ts';
import { Icon } from '../../widgets/icon.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { PageLink } from '../../widgets/page-link.tsx';
import { useGo, useTimeRange, useUrlState } from '../../widgets/url-state.ts';
import { useKept } from '../../widgets/use-kept.ts';
import { useNow } from '../../widgets/use-now.ts';
import { FleetSpark } from './fleet-spark.tsx';
import './wall-page.css';

const [realtimeEveryMs, fleetEveryMs] = [5_000, 30_000];
/** What fills a screen of 1920 by 1080 in letters that are read from five metres. */
const tilesMax = 12;

/**
 * For a screen that nobody touches: what happens now, what fires, and the agents that need a look. It fills the window, is dark (`?theme=light` for the
 * other), and says how old its numbers are once the server stops answering.
 */
export function WallPage(): ReactElement {
  const { search } = useUrlState();
  const range = useTimeRange();
  const go = useGo();
  const nowMs = useNow(1000);
  const [asOf] = useState(askedMoment);
  const background = { background: true };
  const moments = useQuery({ ...realtimeQuery({}), refetchInterval: realtimeEveryMs, meta: background });
  const window = useQuery({ ...fleetQuery(range, asOf), refetchInterval: fleetEveryMs, meta: background });
  const alerts = useQuery(alertCountsQuery);
  const now = useKept(moments.data, moments.error);
  const fleet = useKept(window.data, window.error);
  useTheme(search['theme'] === 'light' ? 'light' : 'dark');
  useEffect(() => {
    document.title = 'Wall · Sightline';
  }, []);
  useKeys('Wall', [
    { keys: 'f', label: 'Full screen', run: () => void toggleFullScreen() },
    { keys: 'Escape', label: 'Back to the fleet', run: () => go('/fleet') },
  ]);
  const firing = alerts.data?.counts.firing;
  const severity = (['critical', 'warning', 'info'] as const).find(
    (one) => (alerts.data?.firingBySeverity[one] ?? 0) > 0,
  );
  const agents = fleet?.agents ?? [];
  const isPart = fleet?.limitsMet !== undefined;
  const failed = now?.errorRate ?? null;
  const stale = [moments, window, alerts].filter(({ error }) => error !== null);
  const oldestMs = Math.min(...stale.map(({ dataUpdatedAt }) => dataUpdatedAt));
  return (
    <div className="wall">
      <header>
        <h1>
          {fleet === undefined
            ? 'Wall'
            : fleetSentence(agents, describeRangeInSentence(range, Math.max(asOf, window.dataUpdatedAt)), {
                isPart,
              })}
        </h1>
        <p className={stale.length === 0 ? 'wall-clock' : 'wall-clock error-text'}>
          {stale.length === 0
            ? clock.format(nowMs)
            : oldestMs === 0
              ? 'No answer'
              : `No answer since ${clock.format(oldestMs)}`}
        </p>
      </header>
      <dl className="wall-numbers">
        <Figure label="Runs a minute">{shown(now?.queries, formatCount)}</Figure>
        <Figure label="Failed" tone={failed === null || failed === 0 ? undefined : 'error'}>
          {shown(failed, formatShare)}
        </Figure>
        <Figure label="p95">{shown(now?.p95Ms, formatDurationMs)}</Figure>
        <Figure label="Cost a minute">{shown(now?.costPerMinuteUsd, formatCostUsd)}</Figure>
        <Figure
          label={severity === undefined ? 'Alerts' : `Alerts, ${severity}`}
          tone={severity === undefined ? undefined : severity === 'critical' ? 'error' : 'warn'}
        >
          {shown(firing, formatCount)}
        </Figure>
      </dl>
      <ul className="wall-tiles" aria-label="Agents">
        {sortFleet(agents, 'need')
          .slice(0, tilesMax)
          .map((agent) => (
            <WallTile key={agent.name} agent={agent} />
          ))}
      </ul>
      <p className="wall-foot">{footWords(agents.length - tilesMax, isPart)}</p>
    </div>
  );
}

function footWords(moreAgents: number, isPart: boolean): string {
  const parts = [
    ...(moreAgents > 0 ? [`and ${counted(moreAgents, 'more agent')}`] : []),
    ...(isPart ? ['not all runs are counted yet'] : []),
  ];
  return parts.join('; ');
}

function Figure(props: {
  readonly label: string;
  readonly tone?: 'error' | 'warn' | undefined;
  readonly children: string;
}): ReactElement {
  return (
    <div>
      <dt>{props.label}</dt>
      <dd className={props.tone === undefined ? '' : `${props.tone}-text`}>{props.children}</dd>
    </div>
  );
}

function WallTile({ agent }: { readonly agent: FleetAgent }): ReactElement {
  const { name, health, reasons, facts, steps, changed } = agent;
  return (
    <li className={`wall-tile is-${health}`}>
      <p className="wall-name">
        {health !== 'well' && <Icon name={health === 'critical' ? 'error' : 'warning'} size={24} />}
        <PageLink to="/runs" search={{ agent: name }} className="clip" title={name}>
          <ClipMiddle text={name} />
        </PageLink>
      </p>
      <p className="wall-state clip">{reasons[0] ?? healthWords[health]}</p>
      <p className="wall-rest clip">
        {[
          counted(facts.runs ?? 0, 'run'),
          // The change comes first: a narrow tile cuts the end of its line.
          ...(changed === '' ? [] : [changed]),
          ...(facts.p95Ms === null || reasons[0]?.startsWith('p95') === true
            ? []
            : [`p95 ${formatDurationMs(facts.p95Ms)}`]),
        ].join(' · ')}
      </p>
      <FleetSpark steps={steps} />
    </li>
  );
}

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

function shown<Value>(value: Value | null | undefined, format: (value: Value) => string): string {
  return value === null || value === undefined ? '–' : format(value);
}

/** Of the document, while the wall is shown; what the person chose is kept. */
function useTheme(theme: 'dark' | 'light'): void {
  useEffect(() => {
    const { dataset } = document.documentElement;
    const before = dataset['theme'];
    dataset['theme'] = theme;
    return () => {
      if (before === undefined) delete dataset['theme'];
      else dataset['theme'] = before;
    };
  }, [theme]);
}

/** A browser that refuses leaves the page as it is. */
async function toggleFullScreen(): Promise<void> {
  const { documentElement, fullscreenElement } = document;
  await (fullscreenElement === null ? documentElement.requestFullscreen() : document.exitFullscreen()).catch(
    () => undefined,
  );
}
