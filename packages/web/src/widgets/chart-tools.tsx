import type { ReactElement } from 'react';
import { listedRuns, rangeBefore } from '../model/compare-words.ts';
import { ExpectedToggle } from './expected-toggle.tsx';
import { PageLink } from './page-link.tsx';
import { carriedSearch, type UrlSearch, withoutEmpty } from './url-state.ts';
import type { Question } from './use-question.ts';
import './chart-tools.css';

/** What charts can show besides, and the way to what is different: their time, or what was brushed in them, against the time before. */
export function ChartTools({
  question: { search, range, asOf, filter },
  narrowed,
}: {
  readonly question: Question;
  readonly narrowed: UrlSearch;
}): ReactElement {
  const before = rangeBefore(range, asOf);
  return (
    <div className="chart-tools">
      <PageLink
        to="/compare"
        search={withoutEmpty({
          ...carriedSearch(search),
          ...listedRuns(filter, narrowed),
          bFrom: before.from,
          bTo: before.to,
        })}
        className="button button-quiet"
        title="Compares this time with the one before it; drag over a chart to choose another"
      >
        What is different?
      </PageLink>
      <ExpectedToggle />
    </div>
  );
}
