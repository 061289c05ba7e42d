import type { OverviewGroup } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { formatCount, formatShare } from '@sightline/base';
import { groupName, groupParts } from '../../model/overview-charts.ts';
import { describeChange } from '../../model/trace-answer.ts';
import { CostValue, DurationValue, TokensValue } from '../../widgets/facts.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { PartNote } from '../../widgets/part-note.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { carriedSearch, useUrlState } from '../../widgets/url-state.ts';
import { type OverviewAnswer, usePart } from '../../widgets/use-part.ts';
import { SaveTable } from '../../widgets/save-table.tsx';

/** The same numbers for each model, agent, service or version. */
export function GroupTable({
  answer,
  groupBy,
}: {
  readonly answer: OverviewAnswer;
  readonly groupBy: OverviewGroup;
}): ReactElement {
  const { overview, missing } = usePart(answer, groupParts);
  const { search } = useUrlState();
  const carried = carriedSearch(search);
  return (
    <section className="overview-list overview-groups">
      <SaveTable
        name={`runs by ${groupBy}`}
        rows={(overview?.groups ?? []).map(({ key, totals }) => ({ [groupBy]: key, ...totals }))}
      />
      <h2>By {groupBy}</h2>
      <PartNote missing={missing} />
      <PlainTable label={`By ${groupBy}`}>
        <table>
          <thead>
            <tr>
              <th scope="col" className="overview-group">
                {groupBy}
              </th>
              {['Runs', 'Failed', 'p95', 'First token p95', 'Prompt cache', 'Tokens', 'Cost'].map((label) => (
                <th key={label} scope="col" className="end">
                  {label}
                </th>
              ))}
              <th scope="col" className="end">
                Change
              </th>
            </tr>
          </thead>
          <tbody>
            {overview?.groups.map((group, index) => (
              <tr key={group.key}>
                <th scope="row">
                  <span
                    className="chart-key-dot"
                    style={{ background: `var(--series-${(index % 8) + 1})` }}
                  />
                  {group.key === '' ? (
                    <span className="faint">(none)</span>
                  ) : (
                    <PageLink to="/runs" search={{ ...carried, [groupBy]: group.key }}>
                      {groupName(group.key)}
                    </PageLink>
                  )}
                </th>
                <td className="end">{formatCount(group.totals.runs ?? 0)}</td>
                <td className="end">
                  {group.totals.errorRate === null || group.totals.errorRate === 0 ? (
                    <span className="faint">–</span>
                  ) : (
                    <span className="error-text">{formatShare(group.totals.errorRate)}</span>
                  )}
                </td>
                <td className="end">
                  <DurationValue ms={group.totals.p95Ms} />
                </td>
                <td className="end">
                  <DurationValue ms={group.totals.ttftP95Ms} />
                </td>
                <td className="end">
                  {group.totals.cacheHitRate === null ? (
                    <span className="faint">–</span>
                  ) : (
                    formatShare(group.totals.cacheHitRate)
                  )}
                </td>
                <td className="end">
                  <TokensValue of={group.totals} />
                </td>
                <td className="end">
                  <CostValue of={group.totals} />
                </td>
                <td className="end faint">
                  {group.totals.costUsd === null
                    ? '–'
                    : describeChange(group.totals.costUsd, group.previous.costUsd) || '–'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </PlainTable>
      {overview !== undefined && overview.otherGroups > 0 && (
        <p className="faint small">
          {formatCount(overview.groups.length)} of{' '}
          {formatCount(overview.groups.length + overview.otherGroups)}, those with the most runs
        </p>
      )}
    </section>
  );
}
