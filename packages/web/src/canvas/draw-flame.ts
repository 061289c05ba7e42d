import { formatDurationMs } from '@sightline/base';
import type { FlameGraph } from '../model/flame-graph.ts';
import { at, spanName, type TraceModel } from '../model/trace-model.ts';
import type { CanvasPalette } from './palette.ts';
import { serviceSeries } from '../model/service-series.ts';
import { fitText } from './surface.ts';

export const flameRowHeight = 24;

export interface FlameScene {
  readonly model: TraceModel;
  readonly flame: FlameGraph;
  readonly width: number;
  readonly height: number;
  readonly scrollTop: number;
  /** The node that fills the width; −1 for all. */
  readonly focus: number;
  readonly hovered: number;
  readonly palette: CanvasPalette;
}

/** Paths of spans, the heaviest at the left; wide means much time. */
export function drawFlame(context: CanvasRenderingContext2D, scene: FlameScene): void {
  const { flame, palette, width, height } = scene;
  context.fillStyle = palette.ground;
  context.fillRect(0, 0, width, height);
  context.textBaseline = 'middle';
  context.font = `500 13px ${palette.sans}`;
  for (let node = 0; node < flame.size; node++) drawNode(context, scene, node);
}

/** The node under a point; −1 for none. */
export function flameNodeAt(scene: FlameScene, x: number, y: number): number {
  const depth = Math.floor((y + scene.scrollTop) / flameRowHeight);
  for (let node = 0; node < scene.flame.size; node++) {
    if (at(scene.flame.depth, node) !== depth) continue;
    const { left, right } = nodeEdges(scene, node);
    if (x >= left && x < right) return node;
  }
  return -1;
}

export function nodeEdges(scene: FlameScene, node: number): { left: number; right: number } {
  const { flame, focus, width } = scene;
  const from = focus === -1 ? 0 : at(flame.left, focus);
  const scale = width / (focus === -1 ? 1 : Math.max(at(flame.width, focus), 1e-12));
  const left = (at(flame.left, node) - from) * scale;
  return { left: Math.max(0, left), right: Math.min(width, left + at(flame.width, node) * scale) };
}

function drawNode(context: CanvasRenderingContext2D, scene: FlameScene, node: number): void {
  const { flame, model, palette } = scene;
  const top = at(flame.depth, node) * flameRowHeight - scene.scrollTop;
  if (top + flameRowHeight < 0 || top > scene.height) return;
  const { left, right } = nodeEdges(scene, node);
  if (right - left < 0.5) return;
  const span = at(flame.longest, node);
  const isHovered = node === scene.hovered;
  context.globalAlpha = isHovered ? 0.75 : 0.42;
  context.fillStyle = palette.families[at(model.family, span)] ?? palette.faint;
  context.fillRect(left, top + 1, Math.max(0.5, right - left - 1), flameRowHeight - 2);
  context.globalAlpha = 1;
  if (right - left > 8) {
    context.fillStyle = palette.series[serviceSeries(model, span)] ?? palette.faint;
    context.fillRect(left, top + 1, 3, flameRowHeight - 2);
  }
  if (at(flame.errorCount, node) > 0) {
    context.fillStyle = palette.error;
    context.fillRect(left, top + flameRowHeight - 4, Math.max(0.5, right - left - 1), 3);
  }
  if (right - left < 28) return;
  const count = at(flame.spanCount, node);
  const label = `${spanName(model, span)}${count > 1 ? ` ×${count}` : ''}  ${formatDurationMs(at(flame.totalUs, node) / 1000)}`;
  context.fillStyle = palette.text;
  context.fillText(fitText(context, label, right - left - 12), left + 6, top + flameRowHeight / 2 + 1);
}
