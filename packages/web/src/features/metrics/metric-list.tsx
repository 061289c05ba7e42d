import type { MetricInfo, MetricsResponse } from '@sightline/schema/api';
import { useState, type ReactElement } from 'react';
import { unitWord } from '../../model/format.ts';
import { LimitsNote } from '../../widgets/states.tsx';

interface MetricListProps {
  readonly metrics: readonly MetricInfo[];
  readonly limits: MetricsResponse['limitsMet'];
  readonly chosen: string | undefined;
  readonly onChoose: (name: string) => void;
}

const typeWords: Readonly<Record<MetricInfo['type'], string>> = {
  gauge: 'gauge',
  sum: 'counter',
  histogram: 'histogram',
  exponential_histogram: 'histogram',
  summary: 'summary',
};

export function MetricList({ metrics, limits, chosen, onChoose }: MetricListProps): ReactElement {
  const [words, setWords] = useState('');
  const found = metrics.filter((metric) => metric.name.toLowerCase().includes(words.trim().toLowerCase()));
  return (
    <nav className="metric-list" aria-label="Metrics">
      <input
        type="search"
        aria-label="Search metric names"
        placeholder="Search names"
        value={words}
        onChange={(event) => setWords(event.target.value)}
      />
      <LimitsNote limits={limits} />
      <ul>
        {found.map((metric) => (
          <li key={metric.name}>
            <button
              type="button"
              aria-current={metric.name === chosen}
              title={`${metric.name}: ${typeWords[metric.type]}. ${metric.description}`}
              onClick={() => onChoose(metric.name)}
            >
              <span className="mono clip">{metric.name}</span>
              <span className="faint small nowrap">{unitWord(metric.unit)}</span>
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && metrics.length > 0 && (
        <p className="soft metric-none">No name contains “{words}”.</p>
      )}
    </nav>
  );
}
