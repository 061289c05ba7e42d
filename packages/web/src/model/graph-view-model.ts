/** The API's graph of agents as boxes and arrows, and what of it has been walked at a moment of a run. */
import type { AgentGraphEdge, AgentGraphNode, RunGraphResponse } from '@sightline/schema/api';
import { formatCount, formatDurationMs, counted } from '@sightline/base';
import type { OperationFamily } from './operation.ts';
import { costWords } from './usage-words.ts';

export type EdgeLabel = 'calls' | 'time' | 'errors' | 'cost';

export const nodeKinds: Readonly<Record<AgentGraphNode['type'], { label: string; family: OperationFamily }>> =
  {
    entry: { label: 'Service', family: 'http' },
    agent: { label: 'Agent', family: 'agent' },
    model: { label: 'Model', family: 'llm' },
    tool: { label: 'Tool', family: 'tool' },
    mcp: { label: 'MCP server', family: 'db' },
    retrieval: { label: 'Retrieval', family: 'retrieval' },
    other: { label: 'Step', family: 'other' },
  };

export function graphNodes(nodes: readonly AgentGraphNode[]) {
  return nodes.map((node) => ({
    id: node.id,
    label: node.name === '' ? '(no name)' : node.name,
    kind: nodeKinds[node.type].label,
    family: nodeKinds[node.type].family,
    isMcp: node.type === 'mcp',
    detail: nodeDetail(node),
    hasErrors: node.errors > 0,
  }));
}

/** `3 calls · 2 failed · 1.20 s`. */
function nodeDetail(node: AgentGraphNode): string {
  if (node.type === 'entry') return 'where the run begins';
  const parts = [counted(node.calls, 'call')];
  if (node.errors > 0) parts.push(`${formatCount(node.errors)} failed`);
  if (node.costUsd !== null || node.unpricedCalls > 0) parts.push(costWords(node));
  else if (node.errors === 0 && node.totalMs > 0)
    parts.push(formatDurationMs(node.totalMs / Math.max(1, node.calls)));
  return parts.join(' · ');
}

/** Where nobody called anybody more often, lines are not drawn as if somebody had. */
const manyCalls = 8;

export function graphEdges(edges: readonly AgentGraphEdge[], label: EdgeLabel) {
  const most = edges.reduce((max, edge) => Math.max(max, edge.calls), manyCalls);
  return edges.map((edge) => ({
    from: edge.source,
    to: edge.target,
    label: edgeLabel(edge, label),
    title: edgeTitle(edge),
    weight: Math.log2(1 + edge.calls) / Math.log2(1 + most),
    hasErrors: edge.errors > 0,
  }));
}

export function edgeLabel(edge: AgentGraphEdge, label: EdgeLabel): string {
  if (label === 'time') return edge.p50Ms === null ? '' : formatDurationMs(edge.p50Ms);
  if (label === 'errors')
    return edge.errors === 0 ? '' : `${formatCount(edge.errors)} of ${formatCount(edge.calls)}`;
  if (label === 'cost') return costWords(edge) === '–' ? '' : costWords(edge);
  return `${formatCount(edge.calls)}×`;
}

export function edgeTitle(edge: AgentGraphEdge): string {
  const parts = [counted(edge.calls, 'call'), `${formatCount(edge.errors)} failed`];
  if (edge.p50Ms !== null) parts.push(`p50 ${formatDurationMs(edge.p50Ms)}`);
  if (edge.p95Ms !== null) parts.push(`p95 ${formatDurationMs(edge.p95Ms)}`);
  if (costWords(edge) !== '–') parts.push(costWords(edge));
  return `${edge.source} → ${edge.target}: ${parts.join(', ')}`;
}

/** More boxes than this are no picture any more. */
export const shownMax = 20;

/** The nodes with most calls, of those with as many agents and models first and then what failed most, and the edges between them; always with `wanted`. */
export function busiest(
  { nodes, edges }: { readonly nodes: readonly AgentGraphNode[]; readonly edges: readonly AgentGraphEdge[] },
  count: number,
  wanted?: string,
) {
  const begun = new Map<string, number>();
  for (const edge of edges) begun.set(edge.source, (begun.get(edge.source) ?? 0) + edge.calls);
  const weight = (node: AgentGraphNode): number => Math.max(node.calls, begun.get(node.id) ?? 0);
  const isTool = ({ type }: AgentGraphNode): number => (type === 'tool' ? 1 : 0);
  const kept = nodes
    .toSorted((a, b) => weight(b) - weight(a) || isTool(a) - isTool(b) || b.errors - a.errors)
    .slice(0, count);
  const ids = new Set([...kept.map((node) => node.id), wanted]);
  return {
    nodes: nodes.filter((node) => ids.has(node.id)),
    edges: edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target)),
  };
}

type Path = RunGraphResponse['path'];

/** What is under way at `ms`, and what has begun until then. */
export function momentOf(path: Path, ms: number) {
  const activeNodes = new Set<string>();
  const seenNodes = new Set<string>();
  const activeEdges = new Set<string>();
  const seenEdges = new Set<string>();
  for (const call of path) {
    if (call.startOffsetMs > ms) continue;
    const edge = `${call.source}\n${call.target}`;
    seenNodes.add(call.source);
    seenNodes.add(call.target);
    seenEdges.add(edge);
    if (ms >= call.startOffsetMs + call.durationMs) continue;
    activeNodes.add(call.target);
    activeEdges.add(edge);
  }
  return { activeNodes, seenNodes, activeEdges, seenEdges };
}

/** The moments at which something begins or ends, in order: what playing without motion steps through. */
export function pathStops(path: Path): readonly number[] {
  const stops = new Set(path.flatMap((call) => [call.startOffsetMs, call.startOffsetMs + call.durationMs]));
  return [...stops].sort((a, b) => a - b);
}
