import type { ReactElement, ReactNode } from 'react';

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
        <table>
          <thead>
            <tr>
              {columns.map((column, at) => (
                <th key={column} scope="col" className={at === 0 ? undefined : 'num'}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{rows}</tbody>
        </table>
      )}
    </section>
  );
}
