import {
  useLayoutEffect,
  useMemo,
  useRef,
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
} from 'react';
import { drawMinimap, drawMinimapImage, minimapHeight } from '../../canvas/draw-minimap.ts';
import type { CanvasPalette } from '../../canvas/palette.ts';
import { openSurface } from '../../canvas/surface.ts';
import { timeMargin } from '../../canvas/waterfall-scene.ts';
import { formatDurationMs } from '@sightline/base';
import { clampView, panView, zoomView, type TimeView } from '../../model/time-view.ts';
import { useSize } from '../../widgets/use-size.ts';
import type { TraceView } from './use-trace-view.ts';

interface MinimapProps {
  readonly trace: TraceView;
  readonly view: TimeView;
  readonly palette: CanvasPalette;
  readonly treeWidth: number;
  readonly onView: (view: TimeView) => void;
}

/** The whole trace, and the part of it that is seen. Drag to see another part; drag the part to move it. */
export function Minimap({ trace, view, palette, treeWidth, onView }: MinimapProps): ReactElement {
  const { model } = trace;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { ref, size } = useSize<HTMLDivElement>();
  const image = useMemo(
    () =>
      size.width === 0
        ? undefined
        : drawMinimapImage(model, { width: size.width, height: minimapHeight }, palette),
    [model, size.width, palette],
  );
  useLayoutEffect(() => {
    if (canvas.current === null || image === undefined) return;
    const surface = openSurface(canvas.current, size.width, minimapHeight);
    if (surface === undefined) return;
    drawMinimap(surface, image, {
      width: size.width,
      height: minimapHeight,
      view,
      durationUs: model.durationUs,
      palette,
    });
  }, [image, size.width, view, model, palette]);

  const drag = useRef<{ atUs: number; moved: TimeView | undefined } | undefined>(undefined);
  const usAt = (event: PointerEvent): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / Math.max(1, box.width))) * model.durationUs;
  };
  const isZoomed = view.fromUs > 0 || view.toUs < model.durationUs;
  const onKeyDown = (event: KeyboardEvent): void => {
    const width = view.toUs - view.fromUs;
    const middle = (view.toUs + view.fromUs) / 2;
    if (event.key === 'ArrowLeft') onView(panView(view, -width / 10, model.durationUs));
    else if (event.key === 'ArrowRight') onView(panView(view, width / 10, model.durationUs));
    else if (event.key === 'ArrowUp') onView(zoomView(view, middle, 0.7, model.durationUs));
    else if (event.key === 'ArrowDown') onView(zoomView(view, middle, 1.4, model.durationUs));
    else return;
    event.preventDefault();
  };
  return (
    <div className="minimap" style={{ paddingLeft: treeWidth, paddingRight: timeMargin }}>
      <span className="minimap-label faint small" style={{ width: treeWidth }}>
        {isZoomed ? (
          <button
            type="button"
            className="minimap-reset"
            onClick={() => onView({ fromUs: 0, toUs: model.durationUs })}
          >
            Show all {formatDurationMs(model.durationUs / 1000)}
          </button>
        ) : (
          `${formatDurationMs(model.durationUs / 1000)}, drag to zoom`
        )}
      </span>
      <div
        ref={ref}
        className="minimap-canvas"
        role="slider"
        tabIndex={0}
        aria-label="Time seen. Left and right move, up and down zoom."
        aria-valuemin={0}
        aria-valuemax={Math.round(model.durationUs)}
        aria-valuenow={Math.round(view.fromUs)}
        aria-valuetext={`${formatDurationMs(view.fromUs / 1000)} to ${formatDurationMs(view.toUs / 1000)}`}
        data-testid="minimap"
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const us = usAt(event);
          const inside = isZoomed && us > view.fromUs && us < view.toUs;
          drag.current = { atUs: us, moved: inside ? view : undefined };
        }}
        onPointerMove={(event) => {
          const active = drag.current;
          if (active === undefined) return;
          const us = usAt(event);
          if (active.moved !== undefined) onView(panView(active.moved, us - active.atUs, model.durationUs));
          else if (Math.abs(us - active.atUs) > model.durationUs / 500) {
            onView(
              clampView(
                { fromUs: Math.min(us, active.atUs), toUs: Math.max(us, active.atUs) },
                model.durationUs,
              ),
            );
          }
        }}
        onPointerUp={() => {
          drag.current = undefined;
        }}
        onDoubleClick={() => onView({ fromUs: 0, toUs: model.durationUs })}
      >
        <canvas ref={canvas} />
      </div>
    </div>
  );
}
