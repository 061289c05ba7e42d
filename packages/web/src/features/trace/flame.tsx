import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactElement,
} from 'react';
import { drawFlame, flameNodeAt, flameRowHeight, type FlameScene } from '../../canvas/draw-flame.ts';
import { readPalette } from '../../canvas/palette.ts';
import { openSurface } from '../../canvas/surface.ts';
import { buildFlameGraph } from '../../model/flame-graph.ts';
import { formatDurationMs, formatShare, counted } from '@sightline/base';
import { at, spanName, spanService } from '../../model/trace-model.ts';
import { Button } from '../../widgets/button.tsx';
import { useTheme } from '../../widgets/theme.ts';
import { useFrame } from '../../widgets/use-frame.ts';
import { useSize } from '../../widgets/use-size.ts';
import type { TraceView } from './use-trace-view.ts';
import './flame.css';

/** Where the time goes, over all spans of the same path: a click on a path fills the width with it. */
export function Flame({ trace }: { readonly trace: TraceView }): ReactElement {
  const { model } = trace;
  const flame = useMemo(() => buildFlameGraph(model), [model]);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { ref: scroller, size } = useSize<HTMLDivElement>();
  const theme = useTheme();
  const palette = useMemo(() => ({ theme, palette: readPalette(document.documentElement) }), [theme]).palette;
  const [focus, setFocus] = useState(-1);
  const [current, setCurrent] = useState(-1);
  const scene = useCallback(
    (): FlameScene => ({
      model,
      flame,
      width: size.width,
      height: size.height,
      scrollTop: scroller.current?.scrollTop ?? 0,
      focus,
      hovered: current,
      palette,
    }),
    [model, flame, size, scroller, focus, current, palette],
  );
  const draw = useFrame(
    useCallback(() => {
      const surface =
        canvas.current === null ? undefined : openSurface(canvas.current, size.width, size.height);
      if (surface !== undefined) drawFlame(surface, scene());
    }, [scene, size]),
  );
  useLayoutEffect(draw, [draw]);
  useEffect(() => void document.fonts.ready.then(draw), [draw]);
  const nodeUnder = (event: { clientX: number; clientY: number }): number => {
    const box = canvas.current?.getBoundingClientRect();
    return box === undefined ? -1 : flameNodeAt(scene(), event.clientX - box.left, event.clientY - box.top);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && current !== -1) setFocus(focus === current ? -1 : current);
    else if (event.key === 'Escape' && focus !== -1) setFocus(-1);
    else {
      const next = neighbour(flame, current, event.key);
      if (next === undefined) return;
      setCurrent(next);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="flame">
      <div className="flame-bar">
        <p className="small clip" role="status">
          {current === -1 ? (
            <span className="faint">
              Paths of spans, widest where most time went. Click one to look closer.
            </span>
          ) : (
            <FlameWords trace={trace} flame={flame} node={current} />
          )}
        </p>
        {focus !== -1 && <Button onClick={() => setFocus(-1)}>Show all</Button>}
        {focus !== -1 && (
          <Button onClick={() => trace.select(at(flame.longest, focus))}>Open the longest span</Button>
        )}
      </div>
      <div
        ref={scroller}
        className="flame-scroll"
        role="application"
        tabIndex={0}
        aria-label="Flame graph. Arrow keys move between paths, Enter looks closer."
        onScroll={draw}
        onKeyDown={onKeyDown}
      >
        <canvas
          ref={canvas}
          onPointerMove={(event) => setCurrent(nodeUnder(event))}
          onPointerLeave={() => setCurrent(-1)}
          onClick={(event) => {
            const node = nodeUnder(event);
            setFocus(node === focus ? -1 : node);
            if (node !== -1) trace.select(at(flame.longest, node));
          }}
        />
        <div style={{ height: Math.max(0, (flame.depthMax + 2) * flameRowHeight - size.height) }} />
      </div>
    </div>
  );
}

function FlameWords({
  trace,
  flame,
  node,
}: {
  trace: TraceView;
  flame: ReturnType<typeof buildFlameGraph>;
  node: number;
}): ReactElement {
  const span = at(flame.longest, node);
  return (
    <>
      <strong>{spanName(trace.model, span)}</strong> {spanService(trace.model, span)} ·{' '}
      {counted(at(flame.spanCount, node), 'span')} · {formatDurationMs(at(flame.totalUs, node) / 1000)} in
      total, own {formatDurationMs(at(flame.selfUs, node) / 1000)} · {formatShare(at(flame.width, node))} of
      all
      {at(flame.errorCount, node) > 0 && (
        <span className="error-text"> · {counted(at(flame.errorCount, node), 'error')}</span>
      )}
    </>
  );
}

/** The node that an arrow key leads to; undefined for other keys. */
function neighbour(flame: ReturnType<typeof buildFlameGraph>, node: number, key: string): number | undefined {
  if (!key.startsWith('Arrow')) return undefined;
  if (node === -1) return 0;
  if (key === 'ArrowUp') return Math.max(0, at(flame.parent, node));
  const others = Array.from({ length: flame.size }, (_, i) => i);
  if (key === 'ArrowDown') {
    const children = others.filter((other) => at(flame.parent, other) === node);
    return children.toSorted((a, b) => at(flame.width, b) - at(flame.width, a))[0] ?? node;
  }
  const level = others
    .filter((other) => at(flame.depth, other) === at(flame.depth, node))
    .sort((a, b) => at(flame.left, a) - at(flame.left, b));
  const place = level.indexOf(node) + (key === 'ArrowRight' ? 1 : -1);
  return level[Math.min(level.length - 1, Math.max(0, place))] ?? node;
}
