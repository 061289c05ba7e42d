import type { DashboardPanel, PanelData } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { type Behind, targetOf } from '../../model/behind.ts';
import { changeWords, formatPanelValue, toneOf } from '../../model/panel-words.ts';
import type { TimeRange } from '../../model/time-range.ts';
import { formatDateTime, msFromTimestamp } from '../../model/timestamp.ts';
import { PageLink } from '../../widgets/page-link.tsx';
import '../../widgets/plain-table.css';

interface TableProps {
  readonly panel: DashboardPanel;
  readonly data: PanelData;
  readonly range: TimeRange;
}

/** Names with their numbers, the largest first, each with a lane as long as its share of the largest. */
export function PanelTop({ panel, data, range }: TableProps): ReactElement {
  const most = data.totals.reduce((max, { value }) => Math.max(max, value ?? 0), 0);
  return (
    <ol className="panel-top">
      {data.totals.map(({ name, labels, value, before, behind }) => (
        <li key={JSON.stringify([name, labels])}>
          <span className="clip">
            <BehindLink behind={behind} range={range} text={name} />
          </span>
          <span className="faint small nowrap">{changeWords(value, before) ?? ''}</span>
          <span className={`num nowrap ${toneClass(value, panel)}`}>
            {formatPanelValue(value, data.unit)}
          </span>
          <span className="panel-lane" aria-hidden="true">
            <span style={{ width: `${most === 0 ? 0 : (Math.max(0, value ?? 0) / most) * 100}%` }} />
          </span>
        </li>
      ))}
    </ol>
  );
}

export function PanelTable(props: TableProps): ReactElement {
  return props.data.table === null ? (
    <TotalsTable {...props} />
  ) : (
    <RowsTable {...props} table={props.data.table} />
  );
}

function TotalsTable({ panel, data, range }: TableProps): ReactElement {
  const names = [...new Set(data.totals.flatMap(({ labels }) => Object.keys(labels)))];
  return (
    <div className="plain-table" tabIndex={0} role="region" aria-label={panel.title}>
      <table>
        <thead>
          <tr>
            {names.length === 0 && <th scope="col">Name</th>}
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col" className="end">
              Value
            </th>
            <th scope="col" className="end">
              Change
            </th>
          </tr>
        </thead>
        <tbody>
          {data.totals.map(({ name, labels, value, before, behind }) => (
            <tr key={JSON.stringify([name, labels])}>
              {names.length === 0 && (
                <td>
                  <BehindLink behind={behind} range={range} text={name} />
                </td>
              )}
              {names.map((label, index) => (
                <td key={label}>
                  <BehindLink behind={index === 0 ? behind : null} range={range} text={labels[label] ?? ''} />
                </td>
              ))}
              <td className={`end ${toneClass(value, panel)}`}>{formatPanelValue(value, data.unit)}</td>
              <td className="end faint">{changeWords(value, before) ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RowsTable({
  panel,
  range,
  table,
}: TableProps & { readonly table: NonNullable<PanelData['table']> }): ReactElement {
  return (
    <div className="plain-table" tabIndex={0} role="region" aria-label={panel.title}>
      <table>
        <thead>
          <tr>
            {table.columns.map(({ name, isNumber }) => (
              <th key={name} scope="col" className={isNumber ? 'end' : ''}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, place) => (
            // Rows of a statement have no identity but their place.
            // oxlint-disable-next-line react/no-array-index-key
            <tr key={place}>
              {table.columns.map(({ name, isNumber, unit }, index) => (
                <td key={name} className={isNumber ? 'end' : ''}>
                  <BehindLink
                    behind={index === 0 ? (table.behind[place] ?? null) : null}
                    range={range}
                    text={cellText(row[index], { isNumber, unit })}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

type Cell = NonNullable<PanelData['table']>['rows'][number][number];

function cellText(
  cell: Cell | undefined,
  { isNumber, unit }: { readonly isNumber: boolean; readonly unit: PanelData['unit'] },
): string {
  if (cell === null || cell === undefined) return '';
  if (isNumber) return formatPanelValue(Number(cell), unit);
  if (typeof cell === 'object') return JSON.stringify(cell);
  const text = String(cell);
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? formatDateTime(msFromTimestamp(text)) : text;
}

/** The numbers of a chart, for those who read them rather than see them. */
export function SeriesTable({ panel, data, range }: TableProps): ReactElement {
  const { unit } = data;
  return (
    <div className="plain-table" tabIndex={0} role="region" aria-label={`Numbers of ${panel.title}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Line</th>
            {['Last', 'Least', 'Mean', 'Most'].map((name) => (
              <th key={name} scope="col" className="end">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.series.map(({ name, labels, values, behind }) => {
            const known = values.filter((value) => value !== null);
            const sum = known.reduce((all, value) => all + value, 0);
            const cells = [
              known.at(-1) ?? null,
              known.length === 0 ? null : known.reduce((min, value) => Math.min(min, value)),
              known.length === 0 ? null : sum / known.length,
              known.length === 0 ? null : known.reduce((max, value) => Math.max(max, value)),
            ];
            return (
              <tr key={JSON.stringify([name, labels])}>
                <th scope="row">
                  <BehindLink behind={behind} range={range} text={name} />
                </th>
                {cells.map((value, index) => (
                  // Four columns, always the same.
                  // oxlint-disable-next-line react/no-array-index-key
                  <td key={index} className="end">
                    {formatPanelValue(value, unit)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function BehindLink(props: {
  readonly behind: Behind;
  readonly range: TimeRange;
  readonly text: string;
}): ReactElement {
  const { behind, range, text } = props;
  if (behind === null || text === '') return <>{text}</>;
  return (
    <PageLink {...targetOf(behind, range)} title={text}>
      {text}
    </PageLink>
  );
}

function toneClass(value: number | null, { thresholds }: DashboardPanel): string {
  const tone = toneOf(value, thresholds);
  return tone === undefined ? '' : `${tone}-text`;
}
