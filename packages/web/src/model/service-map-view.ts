/** A service map as boxes, arrows and words. */
import type { MapEdge, MapHealth, MapNode, MapNodeKind, ServiceMapResponse } from '@sightline/schema/api';
import { formatCount, formatDurationMs, formatNumber, formatShare, counted } from '@sightline/base';
import type { OperationFamily } from './operation.ts';

export const nodeKindWords: Readonly<Record<MapNodeKind, string>> = {
  user: 'Callers from outside',
  service: 'Service',
  database: 'Database',
  queue: 'Queue',
  model: 'Model',
  mcp: 'MCP server',
  external: 'Host',
};

const families: Readonly<Record<MapNodeKind, OperationFamily>> = {
  user: 'other',
  service: 'http',
  database: 'db',
  queue: 'retrieval',
  model: 'llm',
  mcp: 'tool',
  external: 'other',
};

export const healthWords: Readonly<Record<MapHealth, string>> = {
  good: '',
  failing: 'fails more than before',
  slower: 'slower than before',
  new: 'new',
  gone: 'gone',
};

export type MapLabel = 'rate' | 'errors' | 'time';

export function mapBoxes(nodes: readonly MapNode[]) {
  return nodes.map((node) => ({
    id: node.id,
    label: node.name === '' ? '(no name)' : node.name,
    kind: nodeKindWords[node.kind],
    family: families[node.kind],
    detail:
      node.kind === 'user'
        ? ''
        : [
            rateWords(node.perMinute),
            node.p95Ms === null ? '' : `p95 ${formatDurationMs(node.p95Ms)}`,
            healthWords[node.health],
          ]
            .filter((word) => word !== '')
            .join(' · '),
    hasErrors: node.health === 'failing' || (node.errorRate ?? 0) >= failedMuch,
  }));
}

/** From here on a box or an arrow is red, whatever was before. */
const failedMuch = 0.05;

export function mapLines(edges: readonly MapEdge[], label: MapLabel) {
  const most = edges.reduce((max, { calls }) => Math.max(max, calls), 0);
  return edges.map((edge) => ({
    from: edge.source,
    to: edge.target,
    label: labelOf(edge, label),
    title: edgeTitle(edge),
    weight: most === 0 ? 0 : edge.calls / most,
    hasErrors: edge.health === 'failing' || (edge.errorRate ?? 0) >= failedMuch,
  }));
}

function labelOf(edge: MapEdge, label: MapLabel): string {
  if (label === 'rate') return rateWords(edge.perMinute);
  if (label === 'errors') return edge.errors === 0 ? '' : formatShare(edge.errorRate ?? 0);
  return edge.p95Ms === null ? '' : formatDurationMs(edge.p95Ms);
}

export function rateWords(perMinute: number): string {
  if (perMinute >= 120) return `${formatNumber(Math.round(perMinute / 60))}/s`;
  return `${formatNumber(perMinute >= 10 ? Math.round(perMinute) : Number(perMinute.toPrecision(2)))}/min`;
}

export function edgeTitle(edge: MapEdge): string {
  const network =
    edge.callerP50Ms === null || edge.p50Ms === null
      ? ''
      : `; ${formatDurationMs(edge.callerP50Ms)} as the caller sees it`;
  return `${nameOf(edge.source)} → ${nameOf(edge.target)}: ${counted(edge.calls, 'call')}, ${formatCount(edge.errors)} failed, p50 ${durationOf(edge.p50Ms)}, p95 ${durationOf(edge.p95Ms)}${network}${edge.health === 'good' ? '' : `; ${healthWords[edge.health]}`}`;
}

export const durationOf = (ms: number | null): string => (ms === null ? '–' : formatDurationMs(ms));

/** Ids are the kind, a colon and the name. */
export function nameOf(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}

export function mapSentence({ nodes, edges }: ServiceMapResponse, when: string): string {
  const services = nodes.filter(({ kind }) => kind === 'service').length;
  if (services === 0) return `No service was at work ${when}`;
  const others = nodes.length - services - nodes.filter(({ kind }) => kind === 'user').length;
  const worst = worstOf(edges);
  const said =
    worst === undefined
      ? ''
      : `; ${nameOf(worst.source)} → ${nameOf(worst.target)} ${worst.health === 'failing' ? `fails ${formatShare(worst.errorRate ?? 0)} of its calls` : `is slower: p95 ${durationOf(worst.p95Ms)}, ${durationOf(worst.before?.p95Ms ?? null)} before`}`;
  return `${counted(services, 'service')} and ${counted(others, 'thing')} they call ${when}${said}`;
}

function worstOf(edges: readonly MapEdge[]): MapEdge | undefined {
  const failing = edges.filter(({ health }) => health === 'failing');
  const slower = edges.filter(({ health }) => health === 'slower');
  return (
    failing.toSorted((x, y) => y.errors - x.errors)[0] ??
    slower.toSorted((x, y) => (y.p95Ms ?? 0) - (x.p95Ms ?? 0))[0]
  );
}

/** A filter for what a box or an arrow stands for; undefined where traces cannot be found by it. */
export function filterOfNode({ kind, name }: Pick<MapNode, 'kind' | 'name'>): string | undefined {
  const value = JSON.stringify(name);
  if (kind === 'service') return `service:${value}`;
  if (kind === 'model') return `model:${value}`;
  if (kind === 'queue') return `(messaging.destination.name:${value} OR messaging.destination:${value})`;
  if (kind === 'database')
    return `(db.namespace:${value} OR db.name:${value} OR db.system.name:${value} OR db.system:${value} OR server.address:${value})`;
  if (kind === 'external' || kind === 'mcp')
    return `(server.address:${value} OR peer.service:${value} OR net.peer.name:${value} OR mcp.server.name:${value})`;
  return undefined;
}

/** Traces in which both ends of an arrow were at work. */
export function filterOfEdge({ nodes }: Pick<ServiceMapResponse, 'nodes'>, edge: MapEdge): string {
  return [edge.source, edge.target]
    .flatMap((end) => {
      const node = nodes.find(({ id }) => id === end);
      return (node === undefined ? undefined : filterOfNode(node)) ?? [];
    })
    .join(' ');
}
