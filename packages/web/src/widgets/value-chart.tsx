import { lazy, Suspense, useState, type ReactElement } from 'react';
import { loadPart } from '../api/load-part.ts';
import type { Band } from '../model/expected-band.ts';
import type { ExpectedValue } from './band-reader.tsx';
import { Chart, type ChartProps } from './chart.tsx';
import { isExpectedShown } from './expected-toggle.tsx';
import { useUrlState } from './url-state.ts';

const ValueBandReader = lazy(
  loadPart(async () => ({ default: (await import('./band-reader.tsx')).ValueBandReader })),
);

interface ValueChartProps extends ChartProps {
  /** What the only line of the chart is; undefined where there is more than one, or nothing can be asked of its past. */
  readonly expected: ExpectedValue | undefined;
  readonly stepS: number;
  readonly isAtEnd?: boolean;
}

/** A chart that shows what its line was expected between, where the address says so. */
export function ValueChart({ expected, stepS, isAtEnd = false, ...chart }: ValueChartProps): ReactElement {
  const { search } = useUrlState();
  const [band, setBand] = useState<Band | undefined>(undefined);
  const asked = isExpectedShown(search) && chart.series.length === 1 ? expected : undefined;
  const { xS, range } = chart;
  return (
    <>
      {asked !== undefined && (
        <Suspense>
          <ValueBandReader
            expected={asked}
            xS={xS}
            fromMs={range.fromMs}
            toMs={range.toMs}
            stepS={stepS}
            isAtEnd={isAtEnd}
            onBand={setBand}
          />
        </Suspense>
      )}
      <Chart {...chart} {...(asked !== undefined && band?.low.length === xS.length ? { band } : {})} />
    </>
  );
}
