import type { RunGraphResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactElement } from 'react';
import { runGraphQuery } from '../../api/agent-queries.ts';
import { formatDurationMs } from '@sightline/base';
import { busiest, type EdgeLabel, momentOf, shownMax } from '../../model/graph-view-model.ts';
import { at } from '../../model/trace-model.ts';
import { AgentGraph, edgeLabels } from '../../widgets/agent-graph.tsx';
import { Button, IconButton, Segmented } from '../../widgets/button.tsx';
import { FailureNote } from '../../widgets/failure-note.tsx';
import { LimitsNote, Notice, SkeletonRows } from '../../widgets/states.tsx';
import { GraphPlayer } from './graph-player.tsx';
import type { TraceView } from './use-trace-view.ts';
import './graph-tab.css';

/** Who called whom in this run, and in what order: the whole at once, or played along the time of the run. */
export function GraphTab({ trace }: { readonly trace: TraceView }): ReactElement {
  const query = useQuery(runGraphQuery(trace.model.traceId));
  const failure = (
    <FailureNote query={query} isShown={query.data !== undefined} onRetry={() => void query.refetch()} />
  );
  if (query.data === undefined) return query.error === null ? <SkeletonRows count={12} /> : failure;
  if (query.data.nodes.length === 0) {
    return (
      <Notice icon="graph" title="Nobody called anybody in this run">
        <p>The graph is drawn from spans of agents, models, tools and retrievals.</p>
      </Notice>
    );
  }
  return (
    <>
      {failure}
      <LoadedGraph trace={trace} graph={query.data} />
    </>
  );
}

function LoadedGraph({
  trace,
  graph,
}: {
  readonly trace: TraceView;
  readonly graph: RunGraphResponse;
}): ReactElement {
  const [edgeLabel, setEdgeLabel] = useState<EdgeLabel>('calls');
  const [ms, setMs] = useState<number | undefined>(undefined);
  const [isWhole, setWhole] = useState(false);
  const moment = useMemo(() => (ms === undefined ? undefined : momentOf(graph.path, ms)), [graph, ms]);
  const selectedCall = callOfSpan(trace, graph);
  const selected = selectedCall?.target ?? ownNode(trace, graph);
  const shown = useMemo(
    () => (isWhole ? graph : busiest(graph, shownMax, selected)),
    [graph, isWhole, selected],
  );
  const calls = useMemo(() => graph.path.filter((call) => call.target === selected), [graph, selected]);
  const place = calls.findIndex((call) => call.spanId === selectedCall?.spanId);
  const selectSpan = (spanId: string | undefined): void => {
    const span = spanId === undefined ? undefined : trace.model.indexOf.get(spanId);
    if (span !== undefined) trace.select(span);
  };
  const step = (by: number): void => selectSpan(calls[(place + by + calls.length) % calls.length]?.spanId);
  return (
    <div className="run-view-column graph-tab">
      <LimitsNote limits={graph.limitsMet} />
      <div className="graph-bar">
        <Segmented
          label="What the arrows show"
          value={edgeLabel}
          options={edgeLabels}
          onChange={setEdgeLabel}
        />
        {graph.nodes.length > shownMax && (
          <Button pressed={isWhole} onClick={() => setWhole(!isWhole)}>
            {isWhole
              ? `All ${graph.nodes.length}`
              : `The ${shownMax} busiest of ${graph.nodes.length}: show all`}
          </Button>
        )}
        {calls.length > 0 && (
          <p className="graph-calls small soft" role="status">
            Call {place + 1} of {calls.length}
            {selectedCall !== undefined && `, ${formatDurationMs(selectedCall.durationMs)}`}
            {calls.length > 1 && (
              <>
                <IconButton icon="chevronLeft" label="Previous call" onClick={() => step(-1)} />
                <IconButton icon="chevronRight" label="Next call" onClick={() => step(1)} />
              </>
            )}
          </p>
        )}
      </div>
      <AgentGraph
        label="Who called whom"
        nodes={shown.nodes}
        edges={shown.edges}
        edgeLabel={edgeLabel}
        selected={selected}
        moment={moment}
        onSelect={(id) => {
          if (id === undefined) trace.clearSelection();
          else
            selectSpan(
              (graph.path.find((call) => call.target === id) ?? graph.path.find((call) => call.source === id))
                ?.spanId,
            );
        }}
        onSelectEdge={(edge) =>
          selectSpan(graph.path.find((call) => call.source === edge.from && call.target === edge.to)?.spanId)
        }
      />
      <GraphPlayer graph={graph} ms={ms} onMs={setMs} />
    </div>
  );
}

/** The call that the selected span is, or runs within. */
function callOfSpan(
  { model, selected }: TraceView,
  graph: RunGraphResponse,
): RunGraphResponse['path'][number] | undefined {
  const byId = new Map(graph.path.map((call) => [call.spanId, call]));
  for (let span = selected; span !== -1; span = at(model.parent, span)) {
    const call = byId.get(model.slim.columns.spanId[span] ?? '');
    if (call !== undefined) return call;
  }
  return undefined;
}

/** A span above all calls belongs to the one that began. */
function ownNode({ selected }: TraceView, graph: RunGraphResponse): string | undefined {
  return selected === -1 ? undefined : graph.nodes.find((node) => node.type === 'entry')?.id;
}
