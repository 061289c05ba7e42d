import type { ReportResponse } from '@sightline/schema/api';
import {
  describeReport,
  type ReportCell,
  type ReportChart,
  type ReportTable,
} from '@sightline/schema/report';
import { useMemo, type ReactElement } from 'react';
import { PageLink } from '../../widgets/page-link.tsx';
import { PinThis } from '../../widgets/pin-this.tsx';

interface ReportViewProps {
  readonly report: ReportResponse;
  readonly timeZone: string;
  readonly title: string;
}

/** The report as its file shows it, in the looks of the product. Its first sentence is the answer of the page. */
export function ReportView({ report, timeZone, title }: ReportViewProps): ReactElement {
  const page = useMemo(() => describeReport(report, { timeZone, title }), [report, timeZone, title]);
  return (
    <article className="report" aria-label={page.title}>
      <p className="soft small">{page.period}</p>
      <p className="report-summary">
        {page.summary
          .split(/(?<=\.) /)
          .slice(1)
          .join(' ')}
      </p>
      {page.remarks.map((remark) => (
        <p key={remark} className="error-text">
          {remark}
        </p>
      ))}
      <div className="report-charts">
        {page.charts.map((chart) => (
          <Bars key={chart.id} chart={chart} q={report.q} />
        ))}
      </div>
      {page.tables.map((table) => (
        <TableView key={table.title} table={table} />
      ))}
    </article>
  );
}

const [width, height] = [480, 64];

function Bars({
  chart,
  q,
}: {
  readonly chart: ReportChart;
  /** Which runs the report is about. */
  readonly q: string | undefined;
}): ReactElement {
  const { id, title, highest, bars } = chart;
  const top = Math.max(0, ...bars.map(({ value }) => value ?? 0));
  const step = width / Math.max(1, bars.length);
  const bar = (index: number, value: number, name: string): ReactElement | null => {
    if (top === 0 || value <= 0) return null;
    const tall = Math.max(1, (value / top) * height);
    return (
      <rect
        key={`${name}-${index}`}
        className={name}
        x={index * step}
        y={height - tall}
        width={Math.max(0.5, step - 1)}
        height={tall}
      />
    );
  };
  return (
    <figure>
      <figcaption>
        <span>{title}</span>
        <span>
          at most {highest}
          <PinThis
            name={title}
            pin={async () => (await import('../../model/pinned-chart.ts')).pinOfReport(id, q)}
          />
        </span>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title} over the period, at most ${highest}`}
      >
        {bars.map(({ value, bad }, index) => [bar(index, value ?? 0, 'is-bar'), bar(index, bad, 'is-bad')])}
      </svg>
    </figure>
  );
}

function TableView({ table }: { readonly table: ReportTable }): ReactElement {
  const { title, note, columns, rows, source } = table;
  const align = (index: number) => (columns[index]?.isNumber === true ? { className: 'end' } : {});
  return (
    <section>
      <h2>{title}</h2>
      {note !== undefined && <p className="soft small">{note}</p>}
      <div className="plain-table" tabIndex={0} role="region" aria-label={title}>
        <table>
          <thead>
            <tr>
              {columns.map((column, index) => (
                <th key={column.title} scope="col" {...align(index)}>
                  {column.title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((cells, row) => (
              // Rows have no key of their own, and never move.
              // oxlint-disable-next-line react/no-array-index-key
              <tr key={row}>
                {cells.map((cell, index) => (
                  <td key={columns[index]?.title ?? index} {...align(index)} title={cell.text}>
                    <CellView cell={cell} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="faint small">
        The same numbers: <a href={source}>{source.split('?')[0]}</a>
      </p>
    </section>
  );
}

function CellView({ cell }: { readonly cell: ReportCell }): ReactElement {
  const { text, note, path, isBad } = cell;
  const [to = '', search = ''] = path?.split('?') ?? [];
  const shown =
    path === undefined ? (
      <bdi>{text}</bdi>
    ) : (
      <PageLink to={to} search={Object.fromEntries(new URLSearchParams(search))}>
        <bdi>{text}</bdi>
      </PageLink>
    );
  return (
    <>
      {isBad === true ? <span className="error-text">{shown}</span> : shown}
      {note !== undefined && <span className="faint small"> {note}</span>}
    </>
  );
}
