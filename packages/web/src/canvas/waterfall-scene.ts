import type { CriticalPath } from '@sightline/schema/analysis';
import { ancestors } from '../model/trace-rows.ts';
import { at, type TraceModel } from '../model/trace-model.ts';
import type { TimeView } from '../model/time-view.ts';
import type { CanvasPalette } from './palette.ts';

export const rowHeight = 28;
export const axisHeight = 24;
export const stickyMax = 3;
/** Kept free on the right for the duration of the longest bars. */
export const timeMargin = 64;

/** A moment worth a tick on its span's row. */
export interface RowTick {
  readonly us: number;
  readonly tone: 'log' | 'error' | 'event';
}

/** Everything one frame of the waterfall depends on. */
export interface WaterfallScene {
  readonly model: TraceModel;
  readonly rows: Int32Array;
  readonly collapsed: ReadonlySet<number>;
  readonly width: number;
  readonly height: number;
  readonly scrollTop: number;
  readonly treeWidth: number;
  readonly view: TimeView;
  readonly selected: number;
  readonly hoveredRow: number;
  /** 1 for spans that the search found; absent without a search. */
  readonly matches: Uint8Array | undefined;
  readonly path: CriticalPath | undefined;
  readonly ticks: ReadonlyMap<number, readonly RowTick[]>;
  readonly palette: CanvasPalette;
  /** A range being dragged in the time area. */
  readonly dragging: TimeView | undefined;
}

/** What lies under a point of the canvas. */
export interface WaterfallHit {
  readonly row: number;
  readonly span: number;
  readonly part: 'toggle' | 'name' | 'time';
  readonly us: number;
}

export function xOf(scene: WaterfallScene, us: number): number {
  const { fromUs, toUs } = scene.view;
  return scene.treeWidth + ((us - fromUs) / (toUs - fromUs)) * timeWidth(scene);
}

export function usAt(scene: WaterfallScene, x: number): number {
  const { fromUs, toUs } = scene.view;
  return fromUs + ((x - scene.treeWidth) / timeWidth(scene)) * (toUs - fromUs);
}

export function timeWidth(scene: WaterfallScene): number {
  return Math.max(1, scene.width - scene.treeWidth - timeMargin);
}

/** Deep trees and narrow screens indent less, so that names keep their place. */
export function indentStep({ model, treeWidth }: Pick<WaterfallScene, 'model' | 'treeWidth'>): number {
  if (treeWidth < 240) return 6;
  if (model.depthMax <= 14) return 14;
  return model.depthMax <= 40 ? 10 : 6;
}

/** Levels left of the screen: when only deep rows are seen, the tree moves left with them. */
export function levelsHidden(scene: WaterfallScene, first: number, last: number): number {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let row = first; row <= last; row++) {
    const depth = at(scene.model.depth, at(scene.rows, row));
    low = Math.min(low, depth);
    high = Math.max(high, depth);
  }
  const fitting = Math.floor((scene.treeWidth * 0.5) / indentStep(scene));
  return Math.max(0, Math.min(high - fitting, low));
}

export function visibleWindow(scene: WaterfallScene): { first: number; last: number } {
  const first = Math.max(0, Math.floor(scene.scrollTop / rowHeight));
  const last = Math.min(
    scene.rows.length - 1,
    Math.ceil((scene.scrollTop + scene.height - axisHeight) / rowHeight),
  );
  return { first, last };
}

/** Ancestors of the first row on the screen that have scrolled away, the nearest few. */
export function stickySpans(scene: WaterfallScene): number[] {
  const { first } = visibleWindow(scene);
  if (first === 0) return [];
  const below = at(scene.rows, Math.min(scene.rows.length - 1, first + 1));
  return ancestors(scene.model, below)
    .filter((span) => at(scene.model.position, span) <= at(scene.model.position, at(scene.rows, first)))
    .slice(-stickyMax);
}

export function hitTest(scene: WaterfallScene, x: number, y: number): WaterfallHit | undefined {
  if (y < axisHeight) return undefined;
  const sticky = stickySpans(scene);
  const stickyIndex = Math.floor((y - axisHeight) / rowHeight);
  const stuck = sticky[stickyIndex];
  const row = Math.floor((scene.scrollTop + y - axisHeight) / rowHeight);
  const span = stuck ?? (row < scene.rows.length ? at(scene.rows, row) : -1);
  if (span === -1) return undefined;
  const { first, last } = visibleWindow(scene);
  const indent = (at(scene.model.depth, span) - levelsHidden(scene, first, last)) * indentStep(scene);
  const part = x >= scene.treeWidth ? 'time' : x < indent + 26 ? 'toggle' : 'name';
  return { row: stuck === undefined ? row : -1, span, part, us: usAt(scene, x) };
}
