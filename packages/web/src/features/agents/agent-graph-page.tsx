import type { AgentGraphResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactElement } from 'react';
import { agentGraphQuery } from '../../api/agent-queries.ts';
import { formatCount, formatDurationMs, formatShare, counted } from '@sightline/base';
import { busiest, type EdgeLabel, edgeTitle, nodeKinds, shownMax } from '../../model/graph-view-model.ts';
import { describeRangeInSentence } from '../../model/time-range.ts';
import { costWords } from '../../model/usage-words.ts';
import { AgentGraph, edgeLabels } from '../../widgets/agent-graph.tsx';
import { Button, Segmented } from '../../widgets/button.tsx';
import { FilterBar } from '../../widgets/filter-bar.tsx';
import { FilterChips } from '../../widgets/filter-chips.tsx';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { askedOf, type ListPageState } from '../../widgets/list-page.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { Filler } from '../../widgets/filler.tsx';
import { ErrorNotice, LimitsNote, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { carriedSearch, type UrlSearch } from '../../widgets/url-state.ts';
import { useKept } from '../../widgets/use-kept.ts';
import './agent-graph-page.css';

/** Who calls whom over a window: agents, models, tools and servers with what passed between them. */
export function AgentGraphPage({
  state,
  toggle,
}: {
  readonly state: ListPageState;
  readonly toggle: ReactElement;
}): ReactElement {
  const { question, filters } = state;
  const { range, asOf, filter, search, patch } = question;
  const [edgeLabel, setEdgeLabel] = useState<EdgeLabel>('calls');
  const { status: _status, ...asked } = askedOf(state);
  const query = useQuery(agentGraphQuery(asked, asOf));
  const graph = useKept(query.data, query.error);
  const selected = search['node'];
  const [isWhole, setWhole] = useState(false);
  const shown = useMemo(
    () => (graph === undefined || isWhole ? graph : busiest(graph, shownMax)),
    [graph, isWhole],
  );
  return (
    <Page
      title="Agents"
      answer={
        graph === undefined ? (
          query.error === null ? (
            <SkeletonText width={420} />
          ) : (
            'Agents'
          )
        ) : (
          graphSentence(graph, describeRangeInSentence(range, asOf))
        )
      }
      actions={
        <>
          {toggle}
          <TimeRangePicker range={range} onChange={question.setRange} onRefresh={question.refresh} />
        </>
      }
    >
      <FilterBar
        signal="traces"
        value={filter}
        range={range}
        placeholder="Filter: agent:planner service:api status:error"
        onApply={question.setFilter}
      />
      <FilterChips filters={filters} />
      <LimitsNote limits={graph?.limitsMet} />
      <KeptNote query={query} isShown={graph !== undefined} onRetry={question.refresh} />
      <div className="agent-graph-bar">
        <Segmented
          label="What the arrows show"
          value={edgeLabel}
          options={edgeLabels}
          onChange={setEdgeLabel}
        />
        {graph !== undefined && graph.nodes.length > shownMax && (
          <Button pressed={isWhole} onClick={() => setWhole(!isWhole)}>
            {isWhole
              ? `All ${graph.nodes.length}`
              : `The ${shownMax} busiest of ${graph.nodes.length}: show all`}
          </Button>
        )}
      </div>
      <div className="agent-graph-body">
        {query.error !== null && graph === undefined && (
          <ErrorNotice error={query.error} onRetry={question.refresh} />
        )}
        {query.isPending && <SkeletonRows count={12} />}
        {graph?.nodes.length === 0 && (
          <Notice icon="graph" title="Nobody called anybody in this range">
            <p>The graph is drawn from spans of agents, models, tools and retrievals.</p>
            <Filler page="agents" />
          </Notice>
        )}
        {graph !== undefined && graph.nodes.length > 0 && (
          <AgentGraph
            label="Who calls whom"
            nodes={shown?.nodes ?? []}
            edges={shown?.edges ?? []}
            edgeLabel={edgeLabel}
            selected={selected}
            onSelect={(id) => patch({ node: id }, 'replace')}
          />
        )}
        {graph !== undefined && selected !== undefined && (
          <NodePanel graph={graph} id={selected} carried={carriedSearch(search)} />
        )}
      </div>
    </Page>
  );
}

function graphSentence({ nodes, edges, runs }: AgentGraphResponse, when: string): string {
  if (nodes.length === 0) return `No agent was at work ${when}`;
  const count = (type: string): number => nodes.filter((node) => node.type === type).length;
  const words = [
    counted(count('agent'), 'agent'),
    counted(count('model'), 'model'),
    counted(count('tool'), 'tool'),
  ];
  const worst = edges.reduce<AgentGraphResponse['edges'][number] | undefined>(
    (best, edge) => (edge.errors > (best?.errors ?? 0) ? edge : best),
    undefined,
  );
  const name = (id: string): string => nodes.find((node) => node.id === id)?.name ?? id;
  const failing =
    worst === undefined
      ? ''
      : `; ${name(worst.source)} → ${name(worst.target)} failed most, ${formatCount(worst.errors)} of ${counted(worst.calls, 'time')}`;
  return `${words.join(', ')} in ${counted(runs, 'run')} ${when}${failing}`;
}

/** What passes in and out of one box, and the runs behind it. */
function NodePanel(props: {
  readonly graph: AgentGraphResponse;
  readonly id: string;
  readonly carried: UrlSearch;
}): ReactElement | null {
  const { graph, id, carried } = props;
  const node = graph.nodes.find((one) => one.id === id);
  if (node === undefined) return null;
  const name = (nodeId: string): string => graph.nodes.find((one) => one.id === nodeId)?.name ?? nodeId;
  const incoming = graph.edges.filter((edge) => edge.target === id);
  const outgoing = graph.edges.filter((edge) => edge.source === id);
  const field = node.type === 'entry' ? 'service' : node.type;
  const canFilter = ['agent', 'model', 'tool', 'service'].includes(field);
  return (
    <aside className="node-panel" aria-label="Selected">
      <p className="faint small">{nodeKinds[node.type].label}</p>
      <h2>{node.name}</h2>
      <dl>
        <Fact label="Calls" value={formatCount(node.calls)} />
        <Fact
          label="Failed"
          value={
            node.errors === 0
              ? 'none'
              : `${formatCount(node.errors)} (${formatShare(node.errors / Math.max(1, node.calls))})`
          }
        />
        {node.p50Ms !== null && <Fact label="p50" value={formatDurationMs(node.p50Ms)} />}
        {node.p95Ms !== null && <Fact label="p95" value={formatDurationMs(node.p95Ms)} />}
        {costWords(node) !== '–' && <Fact label="Cost" value={costWords(node)} />}
        {node.inputTokens !== null && (
          <Fact label="Tokens" value={formatCount((node.inputTokens ?? 0) + (node.outputTokens ?? 0))} />
        )}
      </dl>
      {canFilter && (
        <PageLink to="/runs" search={{ ...carried, [field]: node.name }} className="button">
          Its runs
        </PageLink>
      )}
      <EdgeList title="Called by" edges={incoming} nameOf={(edge) => name(edge.source)} />
      <EdgeList title="Calls" edges={outgoing} nameOf={(edge) => name(edge.target)} />
    </aside>
  );
}

function Fact({ label, value }: { readonly label: string; readonly value: string }): ReactElement {
  return (
    <div>
      <dt>{label}</dt>
      <dd className="num">{value}</dd>
    </div>
  );
}

function EdgeList(props: {
  readonly title: string;
  readonly edges: AgentGraphResponse['edges'];
  readonly nameOf: (edge: AgentGraphResponse['edges'][number]) => string;
}): ReactElement | null {
  if (props.edges.length === 0) return null;
  return (
    <section>
      <h3>{props.title}</h3>
      <ul>
        {props.edges.map((edge) => (
          <li key={`${edge.source} ${edge.target}`} title={edgeTitle(edge)}>
            <span className="clip">{props.nameOf(edge)}</span>
            <span className="num">{formatCount(edge.calls)}×</span>
            <span className={edge.errors > 0 ? 'num error-text' : 'num faint'}>
              {edge.errors > 0 ? formatCount(edge.errors) : '–'}
            </span>
            <span className="num">{edge.p50Ms === null ? '–' : formatDurationMs(edge.p50Ms)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
