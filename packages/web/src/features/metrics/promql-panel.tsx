import { useQueries } from '@tanstack/react-query';
import { useMemo, useState, type ReactElement } from 'react';
import { promqlRangeQuery } from '../../api/promql-queries.ts';
import { counted } from '@sightline/base';
import { formatMetricValue } from '../../model/format.ts';
import { promqlChart, promqlGrid } from '../../model/promql-chart.ts';
import { rangeFromMs, resolveRange } from '../../model/time-range.ts';
import { AlertOnThis } from '../../widgets/alert-on-this.tsx';
import { ExpectedToggle } from '../../widgets/expected-toggle.tsx';
import { ValueChart } from '../../widgets/value-chart.tsx';
import { ErrorNotice } from '../../widgets/states.tsx';
import type { Question } from '../../widgets/use-question.ts';
import { SaveTable } from '../../widgets/save-table.tsx';
import { PromqlBox } from './promql-box.tsx';

const chartHeight = 320;

/** One or two PromQL expressions on one chart. They stand in the address. */
export function PromqlPanel({
  question,
  asOf,
}: {
  readonly question: Question;
  readonly asOf: number;
}): ReactElement {
  const { search, patch, range } = question;
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const first = search['expr'] ?? '';
  const second = search['expr2'] ?? '';
  const asked = [first, second].filter((expr) => expr !== '');
  const shownRange = resolveRange(range, asOf);
  const grid = promqlGrid(shownRange);
  const answers = useQueries({ queries: asked.map((expr) => promqlRangeQuery({ expr, ...grid })) });
  const answered = answers.map(({ data }) => data?.series);
  // Answers are the same objects until they change; their list is not.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  const chart = useMemo(
    () => promqlChart(answered.map((series) => series ?? [])),
    [...answered, asked.length],
  );
  const series = chart.rows.map(({ label }, at) => ({
    label,
    values: chart.series[at] ?? [],
    isShown: !hidden.has(label),
  }));
  const failure = answers.find(({ error }) => error !== null)?.error ?? undefined;
  const notes = [...new Set(answers.flatMap(({ data }) => data?.notes ?? []))];
  const format = (value: number): string => formatMetricValue(value, '');
  return (
    <div className="promql-panel">
      <PromqlBox
        label="A"
        value={first}
        hint="sum by (service_name) (rate(…[5m]))"
        onApply={(expr) => expr !== first && patch({ expr: expr === '' ? undefined : expr })}
      />
      <PromqlBox
        label="B"
        value={second}
        hint="a second expression, on the same chart"
        onApply={(expr) => expr !== second && patch({ expr2: expr === '' ? undefined : expr })}
      />
      <div className="metric-controls">
        <ExpectedToggle />
        {first !== '' && failure === undefined && (
          <AlertOnThis
            name={first}
            propose={async () => ({ kind: 'promql', name: first.slice(0, 200), query: first, value: first })}
            pin={async () => (await import('../../model/pinned-chart.ts')).pinOfExpressions(asked)}
          />
        )}
      </div>
      {failure !== undefined && <ErrorNotice error={failure} />}
      <div className="metric-canvas" data-stale={answers.some(({ isPlaceholderData }) => isPlaceholderData)}>
        {chart.xS.length > 0 ? (
          <ValueChart
            expected={
              asked.length === 1 ? { kind: 'promql', value: asked[0] ?? '', isSum: false } : undefined
            }
            stepS={grid.stepS}
            isAtEnd
            label={`${asked.join(' and ')} over time`}
            range={shownRange}
            xS={chart.xS}
            series={series}
            height={chartHeight}
            formatValue={format}
            onBrush={(fromMs, toMs) => question.setRange(rangeFromMs(fromMs, toMs))}
          />
        ) : (
          <div style={{ height: chartHeight }} className="metric-empty soft">
            {emptyText({
              asked: asked.length,
              isPending: answers.some(({ isPending }) => isPending),
              histograms: chart.histograms,
            })}
          </div>
        )}
        <p className="metric-under small faint">
          {[
            ...notes,
            ...(chart.more > 0
              ? [
                  `${counted(chart.more, 'line', 'lines')} more than can be drawn: aggregate them, or ask topk.`,
                ]
              : []),
          ].join(' ')}
        </p>
      </div>
      <SaveTable name="series" rows={chart.rows} />
      {chart.rows.length > 0 && (
        <div className="series-scroll" tabIndex={0} role="region" aria-label="Series">
          <table className="series-table">
            <thead>
              <tr>
                <th scope="col">Series</th>
                {['Last', 'Lowest', 'Mean', 'Highest'].map((label) => (
                  <th key={label} scope="col" className="num">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {chart.rows.map((row, at) => (
                <tr key={row.label} className={hidden.has(row.label) ? 'is-hidden' : ''}>
                  <td>
                    <button
                      type="button"
                      className="series-mark"
                      aria-label={`${hidden.has(row.label) ? 'Show' : 'Hide'} ${row.label}`}
                      aria-pressed={!hidden.has(row.label)}
                      onClick={() => setHidden((before) => toggled(before, row.label))}
                    >
                      <span style={{ background: `var(--series-${(at % 8) + 1})` }} />
                    </button>
                    <span className="mono small">{row.label}</span>
                  </td>
                  {[row.last, row.min, row.mean, row.max].map((value, column) => (
                    <td key={column} className="num">
                      {value === null ? '–' : format(value)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function toggled(before: ReadonlySet<string>, label: string): ReadonlySet<string> {
  const next = new Set(before);
  if (!next.delete(label)) next.add(label);
  return next;
}

function emptyText({
  asked,
  isPending,
  histograms,
}: {
  readonly asked: number;
  readonly isPending: boolean;
  readonly histograms: number;
}): string {
  if (asked === 0) return 'Type an expression and press Enter.';
  if (isPending) return '';
  return histograms > 0
    ? 'These are histograms, which have no line: ask histogram_quantile(0.95, rate(…[5m])).'
    : 'No values in this range.';
}
