import type { ReactElement, ReactNode } from 'react';
import { formatCount } from '@sightline/base';
import { PartNote } from '../../widgets/part-note.tsx';
import type { ShownPart } from '../../widgets/use-part.ts';
import '../../widgets/plain-table.css';

interface OverviewListProps {
  readonly title: ReactNode;
  /** The first names the rows; the others are numbers. */
  readonly columns: readonly string[];
  /** Said where there are no rows. */
  readonly ifNone: string;
  /** Absent where they are not known. */
  readonly rows: readonly ReactElement[] | undefined;
  /** With those that are not in the rows. */
  readonly count: number | null | undefined;
  readonly missing: ShownPart['missing'];
}

/** A short table with a title: what is most of something. */
export function OverviewList({
  title,
  columns,
  ifNone,
  rows,
  count,
  missing,
}: OverviewListProps): ReactElement {
  return (
    <section className="overview-list">
      <h2>
        {title}
        {rows !== undefined && (count ?? 0) > rows.length && (
          <span className="faint small">
            {' '}
            {rows.length} of {formatCount(count ?? 0)}
          </span>
        )}
      </h2>
      <PartNote missing={missing} />
      {rows === undefined ? null : rows.length === 0 ? (
        <p className="faint">{ifNone}</p>
      ) : (
        <div className="plain-table">
          <table>
            <thead>
              <tr>
                {columns.map((column, at) => (
                  <th key={column} scope="col" className={at === 0 ? undefined : 'end'}>
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>{rows}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}
