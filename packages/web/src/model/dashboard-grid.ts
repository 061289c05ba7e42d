/** Where panels lie: twelve columns, each panel as high up as those above it let it. */
import { dashboardColumns } from '@sightline/schema/api';

export interface Box {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export type Nudge = 'left' | 'right' | 'up' | 'down' | 'wider' | 'narrower' | 'taller' | 'shorter';

const heightMax = 24;

/** Panels fall up into what is free; of two that want one place, the one that was moved has it. */
export function settle<P extends Box>(panels: readonly P[], moved?: string): P[] {
  const order = panels.toSorted(
    (a, b) => a.y - b.y || Number(b.id === moved) - Number(a.id === moved) || a.x - b.x,
  );
  const placed: P[] = [];
  for (const panel of order) {
    const y = placed
      .filter((other) => other.x < panel.x + panel.w && panel.x < other.x + other.w)
      .reduce((bottom, other) => Math.max(bottom, other.y + other.h), 0);
    placed.push({ ...panel, y });
  }
  return placed;
}

/** A panel at another place or of another size, held within the columns; the others make room. */
export function arrange<P extends Box>(
  panels: readonly P[],
  id: string,
  change: Partial<Omit<Box, 'id'>>,
): P[] {
  return settle(
    panels.map((panel) => {
      if (panel.id !== id) return panel;
      const w = clamp(change.w ?? panel.w, 1, dashboardColumns - (change.x ?? panel.x));
      const h = clamp(change.h ?? panel.h, 1, heightMax);
      const x = clamp(change.x ?? panel.x, 0, dashboardColumns - w);
      return { ...panel, w, h, x, y: Math.max(0, change.y ?? panel.y) };
    }),
    id,
  );
}

/** One step by keyboard: up and down pass the next panel, the rest go by a column or a row. */
export function nudge<P extends Box>(panels: readonly P[], id: string, way: Nudge): P[] {
  const panel = panels.find((one) => one.id === id);
  if (panel === undefined) return [...panels];
  switch (way) {
    case 'left':
      return arrange(panels, id, { x: Math.max(0, panel.x - 1) });
    case 'right':
      return arrange(panels, id, { x: Math.min(dashboardColumns - panel.w, panel.x + 1) });
    case 'wider':
      return arrange(panels, id, { w: panel.w + 1 });
    case 'narrower':
      return arrange(panels, id, { w: panel.w - 1 });
    case 'taller':
      return arrange(panels, id, { h: panel.h + 1 });
    case 'shorter':
      return arrange(panels, id, { h: panel.h - 1 });
    case 'up':
    case 'down': {
      const over = panels.filter(
        (other) => other.id !== id && other.x < panel.x + panel.w && panel.x < other.x + other.w,
      );
      const tops = over
        .map(({ y }) => y)
        .filter((y) => (way === 'up' ? y < panel.y : y > panel.y))
        .toSorted((a, b) => a - b);
      const next = way === 'up' ? tops.at(-1) : tops[0];
      if (next === undefined) return [...panels];
      return arrange(panels, id, { y: way === 'up' ? next : next + 1 });
    }
  }
}

/** A new panel below all others. */
export function below(panels: readonly Box[]): number {
  return panels.reduce((bottom, { y, h }) => Math.max(bottom, y + h), 0);
}

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value));
