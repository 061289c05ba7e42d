import type { AgentGraphEdge, AgentGraphNode } from '@sightline/schema/api';
import { useMemo, type ReactElement } from 'react';
import { type EdgeLabel, graphEdges, graphNodes } from '../model/graph-view-model.ts';
import { GraphView, type GraphEdge, type GraphMoment } from './graph-view.tsx';
import { iconPath } from './icon.tsx';

interface AgentGraphProps {
  readonly label: string;
  readonly nodes: readonly AgentGraphNode[];
  readonly edges: readonly AgentGraphEdge[];
  readonly edgeLabel: EdgeLabel;
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
  readonly onSelectEdge?: (edge: GraphEdge) => void;
  readonly moment?: GraphMoment | undefined;
}

export const edgeLabels: readonly { readonly value: EdgeLabel; readonly label: string }[] = [
  { value: 'calls', label: 'Calls' },
  { value: 'time', label: 'Time' },
  { value: 'errors', label: 'Errors' },
  { value: 'cost', label: 'Cost' },
];

/** Agents, models, tools and MCP servers, and who called whom. */
export function AgentGraph({ nodes, edges, edgeLabel, ...rest }: AgentGraphProps): ReactElement {
  const boxes = useMemo(
    () => graphNodes(nodes).map(({ isMcp, ...node }) => (isMcp ? { ...node, icon: iconPath('mcp') } : node)),
    [nodes],
  );
  const lines = useMemo(() => graphEdges(edges, edgeLabel), [edges, edgeLabel]);
  return <GraphView {...rest} nodes={boxes} edges={lines} />;
}
