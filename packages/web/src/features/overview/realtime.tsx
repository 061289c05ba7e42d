import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { realtimeQuery } from '../../api/agent-queries.ts';
import type { Parameters } from '../../api/client.ts';
import { useKept } from '../../widgets/use-kept.ts';
import { useUrlState } from '../../widgets/url-state.ts';
import { formatCostUsd, formatDurationMs, formatNumber, formatShare } from '@sightline/base';

const pollMs = 2000;

/** Each number over the time in which it means something; a choice stands in the address. */
const windows = [
  {
    parameter: 'windowS',
    search: 'rates',
    label: 'Rates over',
    initial: '60',
    choices: ['60', '300', '900'],
  },
  {
    parameter: 'latencyWindowS',
    search: 'latency',
    label: 'Latency and shares over',
    initial: '300',
    choices: ['60', '300', '900', '3600'],
  },
  {
    parameter: 'hallucinationWindowS',
    search: 'judged',
    label: 'Hallucination over',
    initial: '3600',
    choices: ['900', '3600', '21600', '86400'],
  },
] as const;
type WindowParameter = (typeof windows)[number]['parameter'];

/** The last moments, renewed every two seconds; each number has its own room, so that none moves another. */
export function Realtime({
  isLive,
  filters,
}: {
  readonly isLive: boolean;
  readonly filters: Parameters;
}): ReactElement {
  const { search, patch } = useUrlState();
  const chosen = Object.fromEntries(
    windows.map(({ parameter, search: name, initial, choices }) => [
      parameter,
      choices.find((choice) => choice === search[name]) ?? initial,
    ]),
  );
  const query = useQuery({
    ...realtimeQuery({ ...filters, ...chosen }),
    enabled: isLive,
    refetchInterval: pollMs,
    meta: { background: true },
  });
  const now = useKept(query.data, query.error);
  if (!isLive) return <div className="realtime" />;
  const shown = <Value,>(value: Value | null | undefined, format: (value: Value) => string): string =>
    value === null || value === undefined ? '–' : format(value);
  const facts: Readonly<Record<WindowParameter, readonly (readonly [string, string])[]>> = {
    windowS: [
      ['runs/s', shown(now?.queriesPerSecond, formatNumber)],
      ['a minute', shown(now?.costPerMinuteUsd, formatCostUsd)],
    ],
    latencyWindowS: [
      ['average', shown(now?.avgMs, formatDurationMs)],
      ['p95', shown(now?.p95Ms, formatDurationMs)],
      ['failed', shown(now?.errorRate, formatShare)],
      ['prompt cache', shown(now?.cacheHitRate, formatShare)],
      ['app cache', shown(now?.applicationCacheHitRate, formatShare)],
    ],
    hallucinationWindowS: [['hallucinated', shown(now?.hallucinationRate, formatShare)]],
  };
  return (
    <div className="realtime small" data-stale={query.error !== null}>
      {query.error !== null && (
        <span className="warn-text" title={query.error.message}>
          paused
        </span>
      )}
      {windows.map(({ parameter, search: name, label, initial, choices }) => (
        <div key={parameter} className="realtime-window">
          <select
            aria-label={label}
            title={label}
            value={chosen[parameter]}
            onChange={(event) =>
              patch({ [name]: event.target.value === initial ? undefined : event.target.value }, 'replace')
            }
          >
            {choices.map((choice) => (
              <option key={choice} value={choice}>
                {windowWords(Number(choice))}
              </option>
            ))}
          </select>
          <dl aria-label={`The last ${windowWords(Number(chosen[parameter]))}`}>
            {facts[parameter].map(([term, value]) => (
              <div key={term}>
                <dt className="faint">{term}</dt>
                <dd className="num">{value}</dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
    </div>
  );
}

function windowWords(seconds: number): string {
  return seconds < 3600 ? `${seconds / 60} min` : `${seconds / 3600} h`;
}
