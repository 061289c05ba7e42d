import {
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type PointerEvent,
  type ReactElement,
} from 'react';
import { familyIconPaths } from '../model/family-icons.ts';
import { curvePath, layOutGraph, startOf, type PlacedEdge, type PlacedNode } from '../model/graph-layout.ts';
import { type GraphText, graphText } from '../model/graph-text.ts';
import type { OperationFamily } from '../model/operation.ts';
import { fitInside, fitReadable, type PanZoom, zoomAt } from '../model/pan-zoom.ts';
import { IconButton } from './button.tsx';
import { useSize } from './use-size.ts';
import './graph-view.css';

export interface GraphNode {
  readonly id: string;
  readonly label: string;
  /** `Agent`, `Tool`: read aloud, and told by icon and hue. */
  readonly kind: string;
  readonly family: OperationFamily;
  readonly icon?: string;
  /** One quieter line: calls, time, cost. */
  readonly detail: string;
  readonly hasErrors: boolean;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  /** Read aloud and shown on hover. */
  readonly title: string;
  /** 0 to 1, drawn as the width of the line. */
  readonly weight: number;
  readonly hasErrors: boolean;
}

/** What has been walked at one moment of a run; absent where the whole is shown. */
export interface GraphMoment {
  readonly activeNodes: ReadonlySet<string>;
  readonly seenNodes: ReadonlySet<string>;
  /** By `edgeKey`. */
  readonly activeEdges: ReadonlySet<string>;
  readonly seenEdges: ReadonlySet<string>;
}

interface GraphViewProps {
  readonly label: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
  readonly onSelectEdge?: (edge: GraphEdge) => void;
  readonly moment?: GraphMoment | undefined;
}

const nodeWidth = 172;
const nodeHeight = 46;
const dragMinPx = 4;

export function edgeKey(edge: { readonly from: string; readonly to: string }): string {
  return `${edge.from}\n${edge.to}`;
}

/** Boxes and arrows: drag to move, wheel with Ctrl to zoom, a click on a box brings out what it touches. */
export function GraphView(props: GraphViewProps): ReactElement {
  const { nodes, edges, selected, onSelect, moment } = props;
  const { ref, size } = useSize<HTMLDivElement>();
  const shape = `${nodes.map((node) => node.id).join('\n')}\n\n${edges.map(edgeKey).join('\n')}`;
  const layout = useMemo(
    () =>
      layOutGraph(
        nodes.map((node) => ({ id: node.id, width: nodeWidth, height: nodeHeight })),
        edges,
      ),
    // The places depend on who calls whom, not on the numbers, so that fresh numbers move nothing.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [shape],
  );
  const [view, setView] = useState<PanZoom | undefined>(undefined);
  const fitted = useMemo(
    () =>
      fitReadable(layout, size, {
        focus: layout.nodes.find((node) => node.id === selected),
        start: startOf(layout),
      }),
    [layout, size, selected],
  );
  useEffect(() => setView(undefined), [layout]);
  const shown = view ?? fitted;
  const text = graphText(shown.scale, nodeWidth);
  const drag = useRef<{ x: number; y: number; from: PanZoom; moved: boolean } | undefined>(undefined);
  useWheel(ref, shown, setView);
  const near = useMemo(() => neighbours(selected, edges), [selected, edges]);
  const byId = useMemo(() => new Map(nodes.map((node) => [node.id, node])), [nodes]);
  const byEdge = useMemo(() => new Map(edges.map((edge) => [edgeKey(edge), edge])), [edges]);
  const zoomBy = (factor: number): void =>
    setView(zoomAt(shown, { x: size.width / 2, y: size.height / 2 }, factor));

  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    drag.current = { x: event.clientX, y: event.clientY, from: shown, moved: false };
  };
  const onPointerMove = (event: PointerEvent): void => {
    const active = drag.current;
    if (active === undefined) return;
    const [dx, dy] = [event.clientX - active.x, event.clientY - active.y];
    if (!active.moved && Math.hypot(dx, dy) < dragMinPx) return;
    if (!active.moved) event.currentTarget.setPointerCapture(event.pointerId);
    active.moved = true;
    setView({ ...active.from, x: active.from.x + dx, y: active.from.y + dy });
  };
  const onPointerUp = (event: PointerEvent): void => {
    const wasMoved = drag.current?.moved === true;
    drag.current = undefined;
    if (!wasMoved && event.target === event.currentTarget) onSelect(undefined);
  };

  return (
    <div ref={ref} className="graph-view" role="group" aria-label={props.label} data-testid="graph">
      <svg
        width={size.width}
        height={size.height}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={() => (drag.current = undefined)}
      >
        <defs>
          {(['edge', 'error', 'accent'] as const).map((tone) => (
            <marker
              key={tone}
              id={`arrow-${tone}`}
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="9"
              markerHeight="9"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0,0.5 L8,4 L0,7.5z" className={`graph-arrow-${tone}`} />
            </marker>
          ))}
        </defs>
        <g transform={`translate(${shown.x} ${shown.y}) scale(${shown.scale})`}>
          {layout.edges.map((placed) => {
            const edge = byEdge.get(edgeKey(placed));
            if (edge === undefined) return null;
            return (
              <EdgeLine
                key={edgeKey(placed)}
                placed={placed}
                edge={edge}
                text={text}
                isDim={selected !== undefined && placed.from !== selected && placed.to !== selected}
                moment={moment}
                onSelect={props.onSelectEdge}
              />
            );
          })}
          {layout.nodes.map((placed) => {
            const node = byId.get(placed.id);
            if (node === undefined) return null;
            return (
              <NodeBox
                key={placed.id}
                placed={placed}
                node={node}
                text={text}
                isSelected={placed.id === selected}
                isDim={selected !== undefined && !near.has(placed.id)}
                moment={moment}
                onSelect={() => onSelect(placed.id === selected ? undefined : placed.id)}
              />
            );
          })}
        </g>
      </svg>
      <div className="graph-zoom">
        <IconButton icon="plus" label="Zoom in" onClick={() => zoomBy(1.3)} />
        <IconButton icon="minus" label="Zoom out" onClick={() => zoomBy(1 / 1.3)} />
        <IconButton icon="fit" label="Show all" onClick={() => setView(fitInside(layout, size))} />
      </div>
    </div>
  );
}

function EdgeLine(props: {
  readonly placed: PlacedEdge;
  readonly edge: GraphEdge;
  readonly text: GraphText;
  readonly isDim: boolean;
  readonly moment: GraphMoment | undefined;
  readonly onSelect: ((edge: GraphEdge) => void) | undefined;
}): ReactElement | null {
  const { placed, edge, moment, onSelect } = props;
  const path = curvePath(placed.points);
  if (path === '') return null;
  const key = edgeKey(edge);
  const isActive = moment?.activeEdges.has(key) === true;
  const isAhead = moment !== undefined && !moment.seenEdges.has(key);
  const middle = middleOf(placed.points);
  const { labelSize } = props.text;
  const plate = { width: edge.label.length * labelSize * 0.55 + 10, height: labelSize * 1.5 };
  const tone = isActive ? 'accent' : edge.hasErrors ? 'error' : 'edge';
  return (
    <g
      className={`graph-edge tone-${tone}${props.isDim || isAhead ? ' is-dim' : ''}${isActive ? ' is-active' : ''}`}
      onClick={() => onSelect?.(edge)}
    >
      <title>{edge.title}</title>
      <path d={path} className="graph-edge-hit" />
      <path
        d={path}
        strokeWidth={1 + edge.weight * 3}
        markerEnd={`url(#arrow-${tone})`}
        className="graph-edge-line"
      />
      {edge.label !== '' && (
        <g transform={`translate(${middle.x} ${middle.y})`}>
          <rect
            x={-plate.width / 2}
            y={-plate.height / 2}
            width={plate.width}
            height={plate.height}
            rx={plate.height / 2}
            className="graph-edge-plate"
          />
          <text textAnchor="middle" y={labelSize / 3} fontSize={labelSize} className="graph-edge-label">
            {edge.label}
          </text>
        </g>
      )}
    </g>
  );
}

function NodeBox(props: {
  readonly placed: PlacedNode;
  readonly node: GraphNode;
  readonly text: GraphText;
  readonly isSelected: boolean;
  readonly isDim: boolean;
  readonly moment: GraphMoment | undefined;
  readonly onSelect: () => void;
}): ReactElement {
  const { placed, node, text, moment } = props;
  const hasDetail = text.detailLengthMax > 0 && node.detail !== '';
  const isActive = moment?.activeNodes.has(node.id) === true;
  const isAhead = moment !== undefined && !moment.seenNodes.has(node.id);
  const states = [
    props.isSelected ? ' is-selected' : '',
    props.isDim || isAhead ? ' is-dim' : '',
    isActive ? ' is-active' : '',
    node.hasErrors ? ' has-error' : '',
  ].join('');
  return (
    <g
      className={`graph-node family-${node.family}${states}`}
      transform={`translate(${placed.x - placed.width / 2} ${placed.y - placed.height / 2})`}
      role="button"
      tabIndex={0}
      aria-pressed={props.isSelected}
      aria-label={`${node.kind} ${node.label}: ${node.detail}`}
      onClick={props.onSelect}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        props.onSelect();
      }}
    >
      <title>{`${node.kind} ${node.label}\n${node.detail}`}</title>
      <rect width={placed.width} height={placed.height} rx={7} className="graph-node-box" />
      <rect width={4} height={placed.height - 14} x={0} y={7} rx={2} className="graph-node-mark" />
      {text.hasIcon && (
        <g transform="translate(13 8)" className="graph-node-icon">
          <path d={node.icon ?? familyIconPaths[node.family]} />
        </g>
      )}
      <text
        x={text.hasIcon ? 36 : 12}
        y={hasDetail ? 20 : placed.height / 2 + text.nameSize / 3}
        fontSize={text.nameSize}
        className="graph-node-name"
      >
        {cut(node.label, text.nameLengthMax)}
      </text>
      {hasDetail && (
        <text x={36} y={37} fontSize={text.detailSize} className="graph-node-detail">
          {cut(node.detail, text.detailLengthMax)}
        </text>
      )}
    </g>
  );
}

function useWheel(
  ref: { readonly current: HTMLDivElement | null },
  view: PanZoom,
  setView: (view: PanZoom) => void,
): void {
  const latest = useRef({ view, setView });
  useLayoutEffect(() => {
    latest.current = { view, setView };
  });
  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const onWheel = (event: WheelEvent): void => {
      const now = latest.current;
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) {
        const box = element.getBoundingClientRect();
        const at = { x: event.clientX - box.left, y: event.clientY - box.top };
        now.setView(zoomAt(now.view, at, Math.exp(-event.deltaY * 0.0025)));
        return;
      }
      now.setView({ ...now.view, x: now.view.x - event.deltaX, y: now.view.y - event.deltaY });
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [ref]);
}

function neighbours(selected: string | undefined, edges: readonly GraphEdge[]): ReadonlySet<string> {
  const near = new Set<string>(selected === undefined ? [] : [selected]);
  for (const edge of edges) {
    if (edge.from === selected) near.add(edge.to);
    if (edge.to === selected) near.add(edge.from);
  }
  return near;
}

function middleOf(points: PlacedEdge['points']): { x: number; y: number } {
  const at = (points.length - 1) / 2;
  const [a, b] = [points[Math.floor(at)], points[Math.ceil(at)]];
  return { x: ((a?.x ?? 0) + (b?.x ?? 0)) / 2, y: ((a?.y ?? 0) + (b?.y ?? 0)) / 2 };
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
