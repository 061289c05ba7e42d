import type { OverviewResponse } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { formatCount, formatShare } from '../../model/format.ts';
import { DurationValue } from '../../widgets/facts.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { carriedSearch, useUrlState } from '../../widgets/url-state.ts';

/** The tools that failed most. */
export function TopTools({ tools }: { readonly tools: OverviewResponse['topTools'] }): ReactElement {
  const { search } = useUrlState();
  const carried = carriedSearch(search);
  return (
    <section className="overview-list">
      <h2>
        <PageLink to="/tools" search={carried}>
          Tools by failures
        </PageLink>
      </h2>
      {tools.length === 0 ? (
        <p className="faint">No tool was called.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">tool</th>
              <th scope="col" className="num">
                Failed
              </th>
              <th scope="col" className="num">
                of calls
              </th>
              <th scope="col" className="num">
                before
              </th>
              <th scope="col" className="num">
                p95
              </th>
            </tr>
          </thead>
          <tbody>
            {tools.map((tool) => (
              <tr key={tool.tool}>
                <th scope="row">
                  <PageLink to="/runs" search={{ ...carried, tool: tool.tool }} className="mono">
                    {tool.tool}
                  </PageLink>
                </th>
                <td className="num">
                  {tool.errors === 0 ? (
                    <span className="faint">–</span>
                  ) : (
                    <span className="error-text">
                      {formatCount(tool.errors)} ({formatShare(tool.errorRate)})
                    </span>
                  )}
                </td>
                <td className="num">{formatCount(tool.calls)}</td>
                <td className="num faint">
                  {tool.previous.calls === 0 ? '–' : formatCount(tool.previous.errors)}
                </td>
                <td className="num">
                  <DurationValue ms={tool.p95Ms} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
