import { durationLabels, linearTicks } from '../model/axis-ticks.ts';
import { formatDurationMs } from '@sightline/base';
import { operationFamilies } from '../model/operation.ts';
import { at, hasMissingParent, spanName, spanService, spanStatusMessage } from '../model/trace-model.ts';
import { drawFamilyIcon } from './family-icon.ts';
import { serviceSeries } from '../model/service-series.ts';
import { fitText, textWidth } from './surface.ts';
import {
  axisHeight,
  indentStep,
  levelsHidden,
  rowHeight,
  stickySpans,
  timeWidth,
  usAt,
  visibleWindow,
  xOf,
  type WaterfallScene,
} from './waterfall-scene.ts';

const barHeight = 12;

/** One frame. Only rows on the screen are touched, so the cost does not depend on the length of the trace. */
export function drawWaterfall(context: CanvasRenderingContext2D, scene: WaterfallScene): void {
  const { palette, width, height } = scene;
  context.fillStyle = palette.ground;
  context.fillRect(0, 0, width, height);
  context.textBaseline = 'middle';
  const { first, last } = visibleWindow(scene);
  const hidden = levelsHidden(scene, first, last);
  drawGrid(context, scene);
  for (let row = first; row <= last; row++) {
    drawRow(context, scene, {
      row,
      top: axisHeight + row * rowHeight - scene.scrollTop,
      hidden,
      isSticky: false,
    });
  }
  drawPathLinks(context, scene, first, last);
  const sticky = stickySpans(scene);
  for (const [index, span] of sticky.entries()) {
    const top = axisHeight + index * rowHeight;
    context.fillStyle = palette.ground;
    context.fillRect(0, top, width, rowHeight);
    drawRow(context, scene, { span, row: -1, top, hidden, isSticky: true });
  }
  if (sticky.length > 0) {
    context.fillStyle = palette.lineStrong;
    context.fillRect(0, axisHeight + sticky.length * rowHeight - 1, width, 1);
  }
  drawAxis(context, scene, hidden);
  drawDragging(context, scene);
}

interface RowPlace {
  readonly row: number;
  readonly span?: number;
  readonly top: number;
  readonly hidden: number;
  readonly isSticky: boolean;
}

function drawRow(context: CanvasRenderingContext2D, scene: WaterfallScene, place: RowPlace): void {
  const { palette, rows, width } = scene;
  const span = place.span ?? at(rows, place.row);
  const isSelected = span === scene.selected;
  if (isSelected || (place.row === scene.hoveredRow && place.row >= 0)) {
    context.fillStyle = isSelected ? palette.selected : palette.hover;
    context.fillRect(0, place.top, width, rowHeight);
  }
  context.globalAlpha = scene.matches !== undefined && scene.matches[span] !== 1 ? 0.35 : 1;
  drawName(context, scene, span, place);
  drawBar(context, scene, span, place.top);
  context.globalAlpha = 1;
}

function drawName(
  context: CanvasRenderingContext2D,
  scene: WaterfallScene,
  span: number,
  place: RowPlace,
): void {
  const { model, palette, treeWidth } = scene;
  const middle = place.top + rowHeight / 2;
  const indent = Math.max(0, at(model.depth, span) - place.hidden) * indentStep(scene);
  const left = 8 + indent;
  context.save();
  context.beginPath();
  context.rect(0, place.top, treeWidth - 8, rowHeight);
  context.clip();
  drawGuides(context, scene, indent, place.top);
  const below = at(model.subtreeSize, span) - 1;
  const isClosed = scene.collapsed.has(span);
  if (below > 0) drawToggle(context, palette.soft, left + 5, middle, isClosed);
  const family = operationFamilies[at(model.family, span)] ?? 'other';
  const isError = at(model.isError, span) === 1;
  drawFamilyIcon(
    context,
    family,
    left + 14,
    middle - 7,
    palette.families[at(model.family, span)] ?? palette.faint,
  );
  let x = left + 34;
  const badge = isClosed ? `+${below}` : '';
  const room = treeWidth - 16 - x - (badge === '' ? 0 : badge.length * 8 + 8);
  context.font = `500 15px ${palette.sans}`;
  context.fillStyle = isError ? palette.error : palette.text;
  const name = fitText(context, spanName(model, span) || '(no name)', room);
  context.fillText(name, x, middle + 1);
  x += textWidth(context, name) + 8;
  if (badge !== '') {
    context.font = `12px ${palette.mono}`;
    context.fillStyle = at(model.errorsBelow, span) > 0 ? palette.error : palette.faint;
    context.fillText(badge, x, middle + 1);
    x += textWidth(context, badge) + 8;
  }
  context.font = `13px ${palette.sans}`;
  context.fillStyle = palette.series[serviceSeries(model, span)] ?? palette.faint;
  context.fillRect(x, middle - 3, 6, 6);
  x += 11;
  context.fillStyle = palette.faint;
  const service = hasMissingParent(model, span)
    ? `${spanService(model, span)} · parent missing`
    : spanService(model, span);
  context.fillText(fitText(context, service, treeWidth - 16 - x), x, middle + 1);
  context.restore();
}

function drawGuides(
  context: CanvasRenderingContext2D,
  scene: WaterfallScene,
  indent: number,
  top: number,
): void {
  const step = indentStep(scene);
  context.fillStyle = scene.palette.line;
  for (let x = 13; x < 8 + indent; x += step) context.fillRect(x, top, 1, rowHeight);
}

function drawToggle(
  context: CanvasRenderingContext2D,
  color: string,
  x: number,
  y: number,
  isClosed: boolean,
): void {
  context.strokeStyle = color;
  context.lineWidth = 1.4;
  context.beginPath();
  if (isClosed) {
    context.moveTo(x - 2, y - 4);
    context.lineTo(x + 2, y);
    context.lineTo(x - 2, y + 4);
  } else {
    context.moveTo(x - 4, y - 2);
    context.lineTo(x, y + 2);
    context.lineTo(x + 4, y - 2);
  }
  context.stroke();
}

function drawBar(context: CanvasRenderingContext2D, scene: WaterfallScene, span: number, top: number): void {
  const { model, palette, width, treeWidth } = scene;
  const startUs = at(model.startUs, span);
  const endUs = at(model.endUs, span);
  const barTop = top + (rowHeight - barHeight) / 2;
  const left = xOf(scene, startUs);
  const right = Math.max(left + 2, xOf(scene, endUs));
  const onPathUs = scene.path === undefined ? 0 : (scene.path.onPathUs[span] ?? 0);
  const color = palette.families[at(model.family, span)] ?? palette.faint;
  if (right < treeWidth || left > width) {
    drawAway(context, scene, right < treeWidth, top, color);
    return;
  }
  context.save();
  context.beginPath();
  context.rect(treeWidth, top, width - treeWidth, rowHeight);
  context.clip();
  const drawnLeft = Math.max(left, treeWidth - 4);
  const drawnRight = Math.min(right, width + 4);
  const alpha = context.globalAlpha;
  if (scene.path !== undefined && onPathUs === 0) context.globalAlpha = alpha * 0.35;
  context.fillStyle = color;
  context.beginPath();
  context.roundRect(drawnLeft, barTop, drawnRight - drawnLeft, barHeight, 2);
  context.fill();
  if (at(model.isError, span) === 1) {
    context.fillStyle = palette.error;
    context.fillRect(drawnLeft, barTop + barHeight - 3, drawnRight - drawnLeft, 3);
  }
  context.globalAlpha = alpha;
  drawTicks(context, scene, span, barTop);
  drawDuration(context, scene, { left, right, middle: top + rowHeight / 2 + 1, span });
  context.restore();
}

/** Marks of logs and events over the bar. */
function drawTicks(
  context: CanvasRenderingContext2D,
  scene: WaterfallScene,
  span: number,
  barTop: number,
): void {
  const ticks = scene.ticks.get(span);
  if (ticks === undefined) return;
  const { palette } = scene;
  for (const tick of ticks) {
    const x = Math.round(xOf(scene, tick.us));
    context.fillStyle =
      tick.tone === 'error' ? palette.error : tick.tone === 'log' ? palette.text : palette.soft;
    context.fillRect(x - 1, barTop - 3, 2, 5);
  }
}

function drawDuration(
  context: CanvasRenderingContext2D,
  scene: WaterfallScene,
  bar: { readonly left: number; readonly right: number; readonly middle: number; readonly span: number },
): void {
  const { model, palette, width, treeWidth } = scene;
  const text = formatDurationMs((at(model.endUs, bar.span) - at(model.startUs, bar.span)) / 1000);
  context.font = `12px ${palette.mono}`;
  const needed = textWidth(context, text) + 8;
  context.fillStyle = palette.soft;
  if (bar.right + needed < width) {
    context.fillText(text, bar.right + 6, bar.middle);
    drawCause(context, scene, { span: bar.span, left: bar.right + 6 + needed, middle: bar.middle });
  } else if (bar.left - needed > treeWidth) context.fillText(text, bar.left - needed + 2, bar.middle);
  else {
    context.fillStyle = palette.ground;
    context.fillText(text, width - needed, bar.middle);
  }
}

/** Why it failed, where it failed first: what failed because of that says the same again. */
function drawCause(
  context: CanvasRenderingContext2D,
  scene: WaterfallScene,
  place: { readonly span: number; readonly left: number; readonly middle: number },
): void {
  const { model, palette, width } = scene;
  if (at(model.isError, place.span) === 0 || at(model.errorsBelow, place.span) > 0) return;
  const message = spanStatusMessage(model, place.span).split('\n', 1)[0] ?? '';
  const room = width - place.left - 8;
  if (message === '' || room < 60) return;
  context.font = `13px ${palette.sans}`;
  context.fillStyle = palette.error;
  context.fillText(fitText(context, message, room), place.left, place.middle);
}

/** A span outside the zoomed time: a small arrow towards where it is. */
function drawAway(
  context: CanvasRenderingContext2D,
  scene: WaterfallScene,
  isLeft: boolean,
  top: number,
  color: string,
): void {
  const x = isLeft ? scene.treeWidth + 4 : scene.width - 6;
  const y = top + rowHeight / 2;
  const step = isLeft ? -3 : 3;
  context.strokeStyle = color;
  context.lineWidth = 1.4;
  context.beginPath();
  context.moveTo(x - step, y - 3);
  context.lineTo(x, y);
  context.lineTo(x - step, y + 3);
  context.stroke();
}

/** The critical path: a dark line under the stretches that decide the length of the trace. */
function drawPathLinks(
  context: CanvasRenderingContext2D,
  scene: WaterfallScene,
  first: number,
  last: number,
): void {
  const { path, model, palette, rows } = scene;
  if (path === undefined || rows.length === 0) return;
  const from = at(model.position, at(rows, first));
  const to = at(model.position, at(rows, last));
  const rowByPosition = new Map<number, number>();
  for (let row = first; row <= last; row++) rowByPosition.set(at(model.position, at(rows, row)), row);
  context.save();
  context.beginPath();
  context.rect(scene.treeWidth, axisHeight, scene.width - scene.treeWidth, scene.height);
  context.clip();
  context.fillStyle = palette.text;
  for (let i = 0; i < path.span.length; i++) {
    const position = at(model.position, at(path.span, i));
    if (position < from || position > to) continue;
    const row = rowByPosition.get(position);
    if (row === undefined) continue;
    const left = xOf(scene, at(path.fromUs, i));
    const right = xOf(scene, at(path.toUs, i));
    const top = axisHeight + row * rowHeight - scene.scrollTop;
    context.fillRect(left, top + (rowHeight + barHeight) / 2 + 1, Math.max(1, right - left), 2);
  }
  context.restore();
}

function axisTicks(scene: WaterfallScene): number[] {
  return linearTicks(scene.view.fromUs, scene.view.toUs, Math.max(2, Math.floor(timeWidth(scene) / 110)));
}

function drawGrid(context: CanvasRenderingContext2D, scene: WaterfallScene): void {
  context.fillStyle = scene.palette.line;
  for (const us of axisTicks(scene))
    context.fillRect(Math.round(xOf(scene, us)), axisHeight, 1, scene.height);
  context.fillRect(scene.treeWidth - 1, 0, 1, scene.height);
}

function drawAxis(context: CanvasRenderingContext2D, scene: WaterfallScene, hidden: number): void {
  const { palette, width, treeWidth } = scene;
  context.fillStyle = palette.ground;
  context.fillRect(0, 0, width, axisHeight);
  context.fillStyle = palette.line;
  context.fillRect(0, axisHeight - 1, width, 1);
  context.fillRect(treeWidth - 1, 0, 1, axisHeight);
  context.font = `13px ${palette.sans}`;
  context.fillStyle = palette.faint;
  context.fillText(hidden > 0 ? `Span · ${hidden} levels to the left` : 'Span', 12, axisHeight / 2 + 1);
  context.font = `12px ${palette.mono}`;
  const ticks = axisTicks(scene);
  const labels = durationLabels(ticks);
  for (const [index, us] of ticks.entries()) {
    const text = labels[index] ?? '';
    const x = xOf(scene, us);
    if (x + 4 + textWidth(context, text) < width) context.fillText(text, x + 4, axisHeight / 2 + 1);
  }
}

function drawDragging(context: CanvasRenderingContext2D, scene: WaterfallScene): void {
  if (scene.dragging === undefined) return;
  const left = xOf(scene, scene.dragging.fromUs);
  const right = xOf(scene, scene.dragging.toUs);
  context.globalAlpha = 0.14;
  context.fillStyle = scene.palette.accent;
  context.fillRect(left, 0, right - left, scene.height);
  context.globalAlpha = 1;
  context.fillRect(left, 0, 1, scene.height);
  context.fillRect(right, 0, 1, scene.height);
  const text = formatDurationMs(Math.abs(usAt(scene, right) - usAt(scene, left)) / 1000);
  context.font = `12px ${scene.palette.mono}`;
  context.fillText(text, left + 6, axisHeight / 2 + 1);
}
