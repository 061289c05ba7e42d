import type { ReactElement, ReactNode } from 'react';
import '../../widgets/plain-table.css';

interface OverviewListProps {
  readonly title: ReactNode;
  /** The first names the rows; the others are numbers. */
  readonly columns: readonly string[];
  /** Said where there are no rows. */
  readonly ifNone: string;
  readonly rows: readonly ReactElement[];
}

/** A short table with a title: what is most of something. */
export function OverviewList({ title, columns, ifNone, rows }: OverviewListProps): ReactElement {
  return (
    <section className="overview-list">
      <h2>{title}</h2>
      {rows.length === 0 ? (
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
