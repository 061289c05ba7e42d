import type { MetricQueryResponse } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import type { ChartData } from '../../model/metric-series.ts';
import { ValueMenu } from '../../widgets/value-menu.tsx';
import { SaveTable } from '../../widgets/save-table.tsx';

interface SeriesTableProps {
  readonly response: MetricQueryResponse;
  readonly data: ChartData;
  readonly hidden: ReadonlySet<string>;
  readonly format: (value: number) => string;
  readonly onToggle: (label: string) => void;
  readonly onFilter: (field: string, value: string, mode: 'include' | 'exclude') => void;
}

/** The lines by name, with what they amount to; a click on the mark hides one. */
export function SeriesTable({
  response,
  data,
  hidden,
  format,
  onToggle,
  onFilter,
}: SeriesTableProps): ReactElement {
  const show = (value: number | null): string => (value === null ? '–' : format(value));
  return (
    <>
      <SaveTable name="series" rows={data.rows} />
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
            {data.rows.map((row, index) => {
              const labels = Object.entries(response.series[index]?.labels ?? {});
              const isHidden = hidden.has(row.label);
              return (
                <tr key={row.label} className={isHidden ? 'is-hidden' : ''}>
                  <td>
                    <button
                      type="button"
                      className="series-mark"
                      aria-label={`${isHidden ? 'Show' : 'Hide'} ${row.label}`}
                      aria-pressed={!isHidden}
                      onClick={() => onToggle(row.label)}
                    >
                      <span style={{ background: `var(--series-${(index % 8) + 1})` }} />
                    </button>
                    {labels.length === 0 && <span>all series together</span>}
                    {labels.map(([field, value]) => (
                      <ValueMenu
                        key={field}
                        field={field}
                        value={value}
                        className="series-label"
                        actions={[
                          {
                            label: 'Only this value',
                            icon: 'filter',
                            run: () => onFilter(field, value, 'include'),
                          },
                          {
                            label: 'Without this value',
                            icon: 'exclude',
                            run: () => onFilter(field, value, 'exclude'),
                          },
                        ]}
                      >
                        {labels.length > 1 && <span className="faint">{field} </span>}
                        {value === '' ? '(none)' : value}
                      </ValueMenu>
                    ))}
                  </td>
                  <td className="num">{show(row.last)}</td>
                  <td className="num soft">{show(row.min)}</td>
                  <td className="num soft">{show(row.mean)}</td>
                  <td className="num soft">{show(row.max)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}
