import type { ComparedCurve, ComparedMetric, CompareResponse } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { formatMetric, isApart, ratioWords } from '../../model/compare-words.ts';
import { formatNumber } from '@sightline/base';
import { PinThis } from '../../widgets/pin-this.tsx';
import type { UrlSearch } from '../../widgets/url-state.ts';
import { SaveTable } from '../../widgets/save-table.tsx';
import { pinOfComparison, type PinnedChart } from '../../model/pinned-chart.ts';
import { QuantileCurves } from './quantile-curves.tsx';

const names: Readonly<Record<ComparedMetric['name'], string>> = {
  duration: 'Duration',
  cost: 'Cost',
  input_tokens: 'Input tokens',
  output_tokens: 'Output tokens',
  spans: 'Spans',
  errors: 'Errors',
};

/** How both sides did: middle and tail of each quantity, and its whole curve. */
export function ComparedNumbers({
  found,
  search,
}: {
  readonly found: CompareResponse;
  readonly search: UrlSearch;
}): ReactElement {
  const metrics = found.metrics.filter(({ a, b }) => a.count + b.count > 0);
  const rows = [
    ...metrics.map((metric) => ({
      ...metric,
      name: names[metric.name],
      pin: pinOfComparison(metric.name, search),
      words: (value: number) => formatMetric(metric.unit, value),
    })),
    ...found.scores.map((score) => ({
      ...score,
      pin: undefined as PinnedChart | undefined,
      words: formatNumber,
    })),
  ];
  return (
    <section className="compare-section">
      <SaveTable name="compared numbers" rows={[...metrics, ...found.scores]} />
      <h2>How they did</h2>
      <div
        className="plain-table compare-numbers"
        tabIndex={0}
        role="region"
        aria-label="Numbers of both sides"
      >
        <table>
          <thead>
            <tr>
              <th scope="col">A trace</th>
              <th scope="col">Curves</th>
              {['Mean', 'p50', 'p95'].map((level) => (
                <th key={level} scope="colgroup" colSpan={3} className="end">
                  {level}: A, B
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, a, b, pin, words }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  <QuantileCurves label={name} a={a} b={b} words={words} />
                  {pin !== undefined && <PinThis name={name} pin={async () => pin} />}
                </td>
                <Pair level="Mean" a={a.mean} b={b.mean} isApart={false} words={words} />
                <Pair
                  level="p50"
                  a={a.p50?.value}
                  b={b.p50?.value}
                  isApart={isApart(a, b, 'p50')}
                  words={words}
                />
                <Pair
                  level="p95"
                  a={a.p95?.value}
                  b={b.p95?.value}
                  isApart={isApart(a, b, 'p95')}
                  words={words}
                />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Pair(props: {
  /** Stands before the numbers on a phone, where there is no head of the table. */
  readonly level: string;
  readonly a: number | null | undefined;
  readonly b: number | null | undefined;
  readonly isApart: boolean;
  readonly words: (value: number) => string;
}): ReactElement {
  const said = (value: ComparedCurve['mean'] | undefined): string =>
    value === null || value === undefined ? '–' : props.words(value);
  return (
    <>
      <td className="end" data-label={props.level}>
        {said(props.a)}
      </td>
      <td className="end soft">{said(props.b)}</td>
      <td
        className={props.isApart ? 'end compare-apart' : 'end faint'}
        title={
          props.isApart
            ? 'Beyond what the size of the samples explains'
            : 'Within what the size of the samples explains'
        }
      >
        {ratioWords(props.a ?? 0, props.b ?? 0)}
      </td>
    </>
  );
}
