import type { ReactElement } from 'react';
import { formatShare } from '@sightline/base';
import type { OperationFamily } from '../model/operation.ts';
import { PageLink } from './page-link.tsx';
import type { UrlSearch } from './url-state.ts';
import './share-bars.css';

export interface ShareRow {
  readonly key: string;
  readonly label: string;
  readonly value: string;
  readonly detail: string;
  /** 0 to 1; null where the whole is unknown. */
  readonly share: number | null;
  readonly family?: OperationFamily;
  /** The runs behind it. */
  readonly search?: UrlSearch;
}

/** A whole in its parts, the largest first. */
export function ShareBars({
  title,
  rows,
}: {
  readonly title: string;
  readonly rows: readonly ShareRow[];
}): ReactElement {
  return (
    <section className="share-bars">
      <h2>{title}</h2>
      <ul>
        {rows.map((row) => (
          <li key={row.key}>
            <span className="share-label clip">
              {row.search === undefined ? (
                row.label
              ) : (
                <PageLink to="/runs" search={row.search} title={`Runs with ${row.label}`}>
                  {row.label}
                </PageLink>
              )}
            </span>
            <span className="faint small nowrap">{row.detail}</span>
            <span className="num nowrap">{row.value}</span>
            <span className="num faint nowrap">{row.share === null ? '–' : formatShare(row.share)}</span>
            <span className={`share-lane family-${row.family ?? 'other'}`} aria-hidden="true">
              <span style={{ width: `${Math.min(1, row.share ?? 0) * 100}%` }} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
