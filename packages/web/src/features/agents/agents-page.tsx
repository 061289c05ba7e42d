import { printText } from '@sightline/schema/filter';
import type { AgentFacts, AgentsResponse } from '@sightline/schema/api';
import { lazy, Suspense, useMemo, type ReactElement } from 'react';
import { loadPart } from '../../api/load-part.ts';
import { agentsSentence, callsDetail } from '../../model/agent-answers.ts';
import { Segmented } from '../../widgets/button.tsx';
import { useGroupPicks } from '../../widgets/compare-picks.tsx';
import { callColumns, lastColumn, usageColumns } from '../../widgets/call-columns.tsx';
import type { Column } from '../../widgets/data-table.tsx';
import { CountValue, Dash } from '../../widgets/facts.tsx';
import { ListPage, useListPage } from '../../widgets/list-page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { SkeletonRows } from '../../widgets/states.tsx';
import { carriedSearch } from '../../widgets/url-state.ts';

const AgentGraphPage = lazy(
  loadPart(async () => ({ default: (await import('./agent-graph-page.tsx')).AgentGraphPage })),
);

const agentsOf = (page: object): readonly AgentFacts[] => (page as AgentsResponse).agents;

const views = [
  { value: 'list', label: 'List', icon: 'logs' },
  { value: 'graph', label: 'Graph', icon: 'graph' },
] as const;

const runsOf = ({ agent }: AgentFacts): string => (agent === '' ? '-agent:*' : `agent:${printText(agent)}`);

/** Who is at work: as a list, or as a graph of who calls whom. */
export function AgentsPage(): ReactElement {
  const state = useListPage();
  const { search, patch } = state.question;
  const view = search['view'] === 'graph' ? 'graph' : 'list';
  const toggle = (
    <Segmented
      label="View"
      value={view}
      options={views}
      onChange={(next) => patch({ view: next === 'list' ? undefined : next })}
    />
  );
  if (view === 'list') return <AgentList state={state} toggle={toggle} />;
  return (
    <Suspense fallback={<SkeletonRows count={12} />}>
      <AgentGraphPage state={state} toggle={toggle} />
    </Suspense>
  );
}

function AgentList({
  state,
  toggle,
}: {
  readonly state: ReturnType<typeof useListPage>;
  readonly toggle: ReactElement;
}): ReactElement {
  const { question, nowMs } = state;
  const { search } = question;
  const columns = useMemo((): readonly Column<AgentFacts>[] => {
    const carried = carriedSearch(search);
    return [
      {
        id: 'agent',
        label: 'Agent',
        least: 170,
        render: (row) => (
          <PageLink to="/agents/one" search={{ ...carried, agent: row.agent }} className="row-link clip">
            {row.agent}
          </PageLink>
        ),
      },
      {
        id: 'models',
        label: 'Models',
        width: 170,
        least: 150,
        yields: 2,
        render: ({ models }) =>
          models.length === 0 ? (
            <Dash />
          ) : (
            <span className="clip soft" title={models.join(', ')}>
              {models[0]}
              {models.length > 1 && <span className="faint"> +{models.length - 1}</span>}
            </span>
          ),
      },
      // Rate and calls say how many failed.
      ...callColumns<AgentFacts>().map((column) => ({
        ...column,
        hidden: ['errors', 'runs', 'p50Ms'].includes(column.id),
      })),
      {
        id: 'llmCalls',
        label: 'Model calls',
        width: 84,
        align: 'end',
        sortBy: (row) => row.llmCalls,
        render: (row) => <CountValue count={row.llmCalls} />,
      },
      {
        id: 'toolCalls',
        label: 'Tool calls',
        width: 76,
        yields: 1,
        align: 'end',
        sortBy: (row) => row.toolCalls,
        render: (row) => <CountValue count={row.toolCalls} />,
      },
      ...usageColumns<AgentFacts>(),
      lastColumn<AgentFacts>(nowMs),
    ];
  }, [nowMs, search]);
  const compare = useGroupPicks(state, runsOf);
  return (
    <ListPage
      state={state}
      name="agents"
      title="Agents"
      noun="agent"
      icon="agent"
      columns={[...columns, compare.column]}
      rowsOf={agentsOf}
      rowKey={(row) => row.agent}
      rowClass={(row) => (row.errors > 0 ? 'has-error' : '')}
      initialSort="-calls"
      emptyHint="Agents are spans with gen_ai.agent.name, or what your SDK calls it."
      actions={
        <>
          {compare.link}
          {toggle}
        </>
      }
      detail={({ rows, hasMore }) => callsDetail(rows, hasMore)}
      sentence={({ rows, hasMore }) =>
        agentsSentence(rows, { range: question.range, nowMs: question.asOf, hasMore })
      }
    />
  );
}
