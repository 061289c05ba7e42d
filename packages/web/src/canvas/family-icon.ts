import { familyIconPaths } from '../model/family-icons.ts';
import type { OperationFamily } from '../model/operation.ts';

const shapes = new Map<OperationFamily, Path2D>();

/** The fourteen-pixel mark of a family, the same shape as in lists. */
export function drawFamilyIcon(
  context: CanvasRenderingContext2D,
  family: OperationFamily,
  x: number,
  y: number,
  color: string,
): void {
  let shape = shapes.get(family);
  if (shape === undefined) {
    shape = new Path2D(familyIconPaths[family]);
    shapes.set(family, shape);
  }
  context.save();
  context.translate(x, y);
  context.scale(14 / 16, 14 / 16);
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.stroke(shape);
  context.restore();
}
