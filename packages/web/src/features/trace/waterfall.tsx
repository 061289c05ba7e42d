import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
} from 'react';
import { drawWaterfall } from '../../canvas/draw-waterfall.ts';
import { readPalette } from '../../canvas/palette.ts';
import { openSurface } from '../../canvas/surface.ts';
import {
  axisHeight,
  hitTest,
  rowHeight,
  timeMargin,
  type WaterfallHit,
  type WaterfallScene,
} from '../../canvas/waterfall-scene.ts';
import { panView, zoomView, type TimeView } from '../../model/time-view.ts';
import { at } from '../../model/trace-model.ts';
import { rowOf } from '../../model/trace-rows.ts';
import { useFrame } from '../../widgets/use-frame.ts';
import { useSize } from '../../widgets/use-size.ts';
import { useTheme } from '../../widgets/theme.ts';
import { Minimap } from './minimap.tsx';
import { SpanTip } from './span-tip.tsx';
import { SelectedRow } from './selected-row.tsx';
import type { TraceView } from './use-trace-view.ts';
import './waterfall.css';

const dragMinPx = 4;
const treeWidthMin = 120;

/**
 * The waterfall: one canvas that stays in place while a tall empty element scrolls below it. Each frame is drawn from
 * the latest scene, so scrolling, zooming and hovering never go through React.
 */
export function Waterfall({ trace }: { readonly trace: TraceView }): ReactElement {
  const { model, rows, collapsed, selected, matches } = trace;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { ref: scroller, size } = useSize<HTMLDivElement>();
  const theme = useTheme();
  const [treeShare, setTreeShare] = useState(() => readTreeShare());
  const [hover, setHover] = useState<{ hit: WaterfallHit; x: number; y: number } | undefined>(undefined);
  const [view, setView, liveView] = useLiveView(trace);
  const drag = useRef<
    { fromX: number; fromUs: number; kind: 'zoom' | 'resize'; view: TimeView | undefined } | undefined
  >(undefined);
  const treeWidth = Math.max(
    treeWidthMin,
    Math.round(size.width * (size.width < 700 ? Math.max(treeShare, 0.45) : treeShare)),
  );
  const palette = useMemo(() => ({ theme, palette: readPalette(document.documentElement) }), [theme]).palette;

  const scene = useCallback(
    (): WaterfallScene => ({
      model,
      rows,
      collapsed,
      width: size.width,
      height: size.height,
      scrollTop: scroller.current?.scrollTop ?? 0,
      treeWidth,
      view: liveView.current,
      selected,
      hoveredRow: hover?.hit.row ?? -1,
      matches: matches?.isMatch,
      path: trace.showsPath ? trace.path : undefined,
      ticks: trace.ticks,
      palette,
      dragging: drag.current?.kind === 'zoom' ? drag.current.view : undefined,
    }),
    [
      model,
      rows,
      collapsed,
      size,
      treeWidth,
      liveView,
      selected,
      hover,
      matches,
      trace.showsPath,
      trace.path,
      trace.ticks,
      palette,
      scroller,
    ],
  );
  const draw = useFrame(
    useCallback(() => {
      const surface =
        canvas.current === null ? undefined : openSurface(canvas.current, size.width, size.height);
      if (surface !== undefined) drawWaterfall(surface, scene());
    }, [scene, size]),
  );
  useLayoutEffect(draw, [draw, view]);
  const pointer = useRef<{ readonly clientX: number; readonly clientY: number }>(undefined);
  useEffect(() => {
    void document.fonts.ready.then(draw);
  }, [draw]);
  useScrollToSelected(scroller, trace, size.height);
  useWheelZoom(canvas, scroller, { scene, setView, liveView, durationUs: model.durationUs });

  const hitAt = (event: {
    clientX: number;
    clientY: number;
  }): { hit: WaterfallHit | undefined; x: number; y: number } => {
    const box = canvas.current?.getBoundingClientRect();
    const x = event.clientX - (box?.left ?? 0);
    const y = event.clientY - (box?.top ?? 0);
    return { hit: hitTest(scene(), x, y), x, y };
  };
  /** What lies under the pointer is another span once the rows or the time moved below it. */
  const follow = (): void => {
    if (pointer.current === undefined || drag.current !== undefined) return;
    const { hit, x, y } = hitAt(pointer.current);
    setHover(hit === undefined ? undefined : { hit, x, y });
  };
  const followLatest = useRef(follow);
  useEffect(() => {
    followLatest.current = follow;
  });
  useEffect(() => followLatest.current(), [view, rows]);
  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const { x } = hitAt(event);
    const us =
      liveView.current.fromUs +
      ((x - treeWidth) / Math.max(1, size.width - treeWidth - timeMargin)) *
        (liveView.current.toUs - liveView.current.fromUs);
    if (Math.abs(x - treeWidth) < 5) drag.current = { fromX: x, fromUs: us, kind: 'resize', view: undefined };
    else if (x > treeWidth && event.pointerType === 'mouse')
      drag.current = { fromX: x, fromUs: us, kind: 'zoom', view: undefined };
    if (drag.current !== undefined) event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent): void => {
    const { hit, x, y } = hitAt(event);
    const active = drag.current;
    if (active?.kind === 'resize') {
      setTreeShare(Math.min(0.75, Math.max(0.12, x / Math.max(1, size.width))));
      return;
    }
    if (active !== undefined && Math.abs(x - active.fromX) >= dragMinPx) {
      const us =
        liveView.current.fromUs +
        ((x - treeWidth) / Math.max(1, size.width - treeWidth - timeMargin)) *
          (liveView.current.toUs - liveView.current.fromUs);
      active.view = {
        fromUs: Math.max(0, Math.min(us, active.fromUs)),
        toUs: Math.min(model.durationUs, Math.max(us, active.fromUs)),
      };
      setHover(undefined);
      draw();
      return;
    }
    pointer.current =
      event.pointerType === 'mouse' ? { clientX: event.clientX, clientY: event.clientY } : undefined;
    setHover(hit === undefined || event.pointerType !== 'mouse' ? undefined : { hit, x, y });
    if (canvas.current !== null) {
      canvas.current.style.cursor =
        Math.abs(x - treeWidth) < 5 ? 'col-resize' : hit === undefined ? 'default' : 'pointer';
    }
  };
  const onPointerUp = (event: PointerEvent): void => {
    const active = drag.current;
    drag.current = undefined;
    if (active?.kind === 'resize') {
      localStorage.setItem('sightline.treeShare', String(treeShare));
      return;
    }
    if (active?.view !== undefined) {
      if (active.view.toUs > active.view.fromUs) setView(active.view);
      draw();
      return;
    }
    if (event.button !== 0) return;
    const { hit } = hitAt(event);
    if (hit === undefined) return;
    if (hit.part === 'toggle' && at(model.subtreeSize, hit.span) > 1) trace.toggle(hit.span);
    else trace.select(hit.span);
    scroller.current?.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (runWaterfallKey(event.key, trace, Math.floor((size.height - axisHeight) / rowHeight) - 1))
      event.preventDefault();
  };
  return (
    <div className="waterfall">
      <Minimap trace={trace} view={view} palette={palette} treeWidth={treeWidth} onView={setView} />
      <div
        ref={scroller}
        className="waterfall-scroll"
        role="tree"
        tabIndex={0}
        aria-label="Spans. Arrow keys move, left and right close and open."
        aria-activedescendant="waterfall-selected"
        data-testid="waterfall"
        onScroll={() => {
          draw();
          follow();
        }}
        onKeyDown={onKeyDown}
      >
        <canvas
          ref={canvas}
          onPointerDown={onPointerDown}
          onPointerMove={onPointerMove}
          onPointerUp={onPointerUp}
          onPointerLeave={() => {
            pointer.current = undefined;
            setHover(undefined);
          }}
          onDoubleClick={(event) => {
            const { hit } = hitAt(event);
            if (hit?.part === 'time') setView(zoomToSpan(trace, hit.span));
          }}
        />
        <SelectedRow trace={trace} />
        <div style={{ height: Math.max(0, (rows.length + 1) * rowHeight + axisHeight - size.height) }} />
      </div>
      {hover !== undefined && (
        <SpanTip
          trace={trace}
          span={hover.hit.span}
          x={hover.x}
          y={hover.y}
          width={size.width}
          height={size.height}
        />
      )}
    </div>
  );
}

/** The keys of a tree view; true when the key was one of them. */
function runWaterfallKey(key: string, trace: TraceView, page: number): boolean {
  const { model, selected, collapsed } = trace;
  const isOpen = selected !== -1 && !collapsed.has(selected) && at(model.subtreeSize, selected) > 1;
  if (key === 'ArrowDown') trace.stepRow(1);
  else if (key === 'ArrowUp') trace.stepRow(-1);
  else if (key === 'PageDown') trace.stepRow(page);
  else if (key === 'PageUp') trace.stepRow(-page);
  else if (key === 'Home') trace.stepRow(-model.size);
  else if (key === 'End') trace.stepRow(model.size);
  else if (key === 'ArrowRight' && selected !== -1) {
    if (collapsed.has(selected)) trace.toggle(selected);
    else if (isOpen) trace.stepRow(1);
  } else if (key === 'ArrowLeft' && selected !== -1) {
    if (isOpen) trace.toggle(selected);
    else if (at(model.parent, selected) !== -1) trace.select(at(model.parent, selected));
  } else return false;
  return true;
}

export function zoomToSpan(trace: TraceView, span: number): TimeView {
  const { model } = trace;
  const startUs = at(model.startUs, span);
  const width = Math.max(1, at(model.endUs, span) - startUs);
  return {
    fromUs: Math.max(0, startUs - width * 0.05),
    toUs: Math.min(model.durationUs, startUs + width * 1.05),
  };
}

/** The zoom as it is on the screen; it reaches the address when it has come to rest. */
function useLiveView(trace: TraceView): [TimeView, (view: TimeView) => void, { current: TimeView }] {
  const [view, setLocal] = useState(trace.view);
  const live = useRef(trace.view);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const { setView: writeView } = trace;
  useEffect(() => {
    live.current = trace.view;
    setLocal(trace.view);
  }, [trace.view]);
  const setView = useCallback(
    (next: TimeView) => {
      live.current = next;
      setLocal(next);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => writeView(next), 200);
    },
    [writeView],
  );
  useEffect(() => () => clearTimeout(timer.current), []);
  return [view, setView, live];
}

/** Wheel with Ctrl or Cmd zooms at the pointer, sideways moves; plain wheel scrolls as everywhere. */
function useWheelZoom(
  canvas: { readonly current: HTMLCanvasElement | null },
  scroller: { readonly current: HTMLDivElement | null },
  zoom: {
    readonly scene: () => WaterfallScene;
    readonly setView: (view: TimeView) => void;
    readonly liveView: { readonly current: TimeView };
    readonly durationUs: number;
  },
): void {
  const latest = useRef(zoom);
  useEffect(() => {
    latest.current = zoom;
  });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const onWheel = (event: WheelEvent): void => {
      const { scene, setView, liveView, durationUs } = latest.current;
      const { treeWidth, width } = scene();
      const view = liveView.current;
      const perPx = (view.toUs - view.fromUs) / Math.max(1, width - treeWidth - timeMargin);
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const x = event.clientX - (canvas.current?.getBoundingClientRect().left ?? 0);
        setView(
          zoomView(
            view,
            view.fromUs + Math.max(0, x - treeWidth) * perPx,
            Math.exp(event.deltaY * 0.0025),
            durationUs,
          ),
        );
        return;
      }
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (Math.abs(sideways) <= Math.abs(event.shiftKey ? 0 : event.deltaY)) return;
      event.preventDefault();
      setView(panView(view, sideways * perPx, durationUs));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [canvas, scroller]);
}

/** Brings the selected row on the screen, below the rows that stick. */
function useScrollToSelected(
  scroller: { readonly current: HTMLDivElement | null },
  trace: TraceView,
  height: number,
): void {
  const { model, rows, selected } = trace;
  useLayoutEffect(() => {
    const element = scroller.current;
    const row = selected === -1 ? -1 : rowOf(model, rows, selected);
    if (element === null || row === -1 || height === 0) return;
    const top = row * rowHeight;
    const stuck = Math.min(3, at(model.depth, selected)) * rowHeight;
    const bottom = element.scrollTop + height - axisHeight - rowHeight;
    if (top < element.scrollTop + stuck) element.scrollTop = Math.max(0, top - stuck - rowHeight);
    else if (top > bottom) element.scrollTop = top - height + axisHeight + rowHeight * 2;
  }, [scroller, model, rows, selected, height]);
}

function readTreeShare(): number {
  const stored = Number(localStorage.getItem('sightline.treeShare'));
  return stored > 0.1 && stored < 0.8 ? stored : 0.36;
}
