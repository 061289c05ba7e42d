import type { StagesParameters } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { stagesQuery } from '../../api/analysis-queries.ts';
import { filterProblemOf } from '../../api/client.ts';
import { formatCount, formatDurationMs, formatShare, counted } from '@sightline/base';
import { describeRangeInSentence } from '../../model/time-range.ts';
import { Segmented } from '../../widgets/button.tsx';
import { Filler } from '../../widgets/filler.tsx';
import { FilterBar } from '../../widgets/filter-bar.tsx';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, LimitsNote, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { useKept } from '../../widgets/use-kept.ts';
import { useQuestion } from '../../widgets/use-question.ts';
import { ViewsMenu } from '../../widgets/views-menu.tsx';
import { SaveRows } from '../../widgets/save-rows.tsx';
import '../../widgets/plain-table.css';
import './paths-view.css';

type GroupBy = StagesParameters['groupBy'];

const groupings: readonly { readonly value: GroupBy; readonly label: string }[] = [
  { value: 'none', label: 'All together' },
  { value: 'version', label: 'Version' },
  { value: 'deployment', label: 'Deployment' },
  { value: 'environment', label: 'Environment' },
];

/** How each stage of the work did, live, over all requests or by version and deployment. */
export function StagesView({ toggle }: { readonly toggle: ReactElement }): ReactElement {
  const question = useQuestion();
  const { range, asOf, asked, filter, search, patch } = question;
  const groupBy = groupings.find(({ value }) => value === search['by'])?.value ?? 'version';
  const query = useQuery(stagesQuery({ ...asked, groupBy }, asOf, question.isLive));
  const found = useKept(query.data, query.error);
  const stages = found?.stages ?? [];
  const names = new Set(stages.map(({ service, name }) => `${service}\n${name}`)).size;
  return (
    <Page
      title="Stages"
      answer={
        found === undefined ? (
          query.error === null ? (
            <SkeletonText width={420} />
          ) : (
            'Stages'
          )
        ) : (
          `${counted(names, 'stage')} of the work ${describeRangeInSentence(range, asOf)}`
        )
      }
      detail="Those that take most time together come first."
      actions={
        <>
          {toggle}
          <ViewsMenu />
          <TimeRangePicker
            range={range}
            live={question.isLive}
            onLive={question.setLive}
            onChange={question.setRange}
            onRefresh={question.refresh}
          />
        </>
      }
    >
      <FilterBar
        signal="spans"
        value={filter}
        range={range}
        placeholder="Which spans: operation:tool service:api name:rerank*"
        problem={filterProblemOf(query.error)}
        onApply={question.setFilter}
      />
      <div className="stages-bar">
        <Segmented label="By" value={groupBy} options={groupings} onChange={(by) => patch({ by })} />
        <SaveRows list="stages" asked={{ ...asked, groupBy }} />
      </div>
      <LimitsNote limits={found?.limitsMet} />
      <KeptNote query={query} isShown={found !== undefined} onRetry={question.refresh} />
      <div className="paths" tabIndex={0} role="region" aria-label="Stages">
        {query.error !== null && found === undefined && (
          <ErrorNotice error={query.error} onRetry={question.refresh} />
        )}
        {query.isPending && <SkeletonRows count={12} />}
        {found !== undefined && stages.length === 0 && (
          <Notice icon="performance" title="No spans in this range">
            <p>Choose a longer range, or take the filter away.</p>
            {filter === '' && <Filler page="traces" />}
          </Notice>
        )}
        {stages.length > 0 && (
          <div className="plain-table">
            <table>
              <thead>
                <tr>
                  <th scope="col">Stage</th>
                  {groupBy !== 'none' && (
                    <th scope="col">{groupings.find(({ value }) => value === groupBy)?.label}</th>
                  )}
                  {['Count', 'Average', 'p50', 'p95', 'p99', 'Succeeded'].map((name) => (
                    <th key={name} scope="col" className="end">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {stages.map((stage) => (
                  <tr key={`${stage.service} ${stage.operation} ${stage.name} ${stage.group}`}>
                    <th scope="row">
                      <PageLink
                        to="/traces"
                        search={{
                          from: search['from'],
                          to: search['to'],
                          q: `span(name:${JSON.stringify(stage.name)} service:${JSON.stringify(stage.service)})`,
                        }}
                      >
                        {stage.name === '' ? '(no name)' : stage.name}
                      </PageLink>
                      <span className="faint"> {stage.service}</span>
                    </th>
                    {groupBy !== 'none' && (
                      <td>{stage.group === '' ? <span className="faint">–</span> : stage.group}</td>
                    )}
                    <td className="end">{formatCount(stage.count)}</td>
                    <td className="end">{formatDurationMs(stage.avgMs)}</td>
                    <td className="end">{formatDurationMs(stage.p50Ms)}</td>
                    <td className="end">{formatDurationMs(stage.p95Ms)}</td>
                    <td className="end">{formatDurationMs(stage.p99Ms)}</td>
                    <td className={stage.successRate < 0.99 ? 'end error-text' : 'end'}>
                      {formatShare(stage.successRate)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
    </Page>
  );
}
