import type { ReactElement } from 'react';
import { formatCount, formatShare } from '@sightline/base';
import { DurationValue } from '../../widgets/facts.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { carriedSearch, useUrlState } from '../../widgets/url-state.ts';
import { type OverviewAnswer, usePart } from '../../widgets/use-part.ts';
import { OverviewList } from './overview-list.tsx';

/** The tools that failed most. */
export function TopTools({ answer }: { readonly answer: OverviewAnswer }): ReactElement {
  const { overview, missing } = usePart(answer, ['tools']);
  const { search } = useUrlState();
  const carried = carriedSearch(search);
  return (
    <OverviewList
      title={
        <PageLink to="/tools" search={carried}>
          Tools by failures
        </PageLink>
      }
      columns={['tool', 'Failed', 'of calls', 'before', 'p95']}
      ifNone="No tool was called."
      missing={missing}
      count={overview?.toolCount}
      rows={overview?.topTools?.map((tool) => (
        <tr key={tool.tool}>
          <th scope="row">
            <PageLink to="/runs" search={{ ...carried, tool: tool.tool }} className="mono">
              {tool.tool}
            </PageLink>
          </th>
          <td className="end">
            {tool.errors === 0 ? (
              <span className="faint">–</span>
            ) : (
              <span className="error-text">
                {formatCount(tool.errors)} ({formatShare(tool.errorRate)})
              </span>
            )}
          </td>
          <td className="end">{formatCount(tool.calls)}</td>
          <td className="end faint">{tool.previous.calls === 0 ? '–' : formatCount(tool.previous.errors)}</td>
          <td className="end">
            <DurationValue ms={tool.p95Ms} />
          </td>
        </tr>
      ))}
    />
  );
}
