import { dashboardColumns, type DashboardInput, dashboardInput } from '@sightline/schema/api';
import type { z } from 'zod';

type Given = z.input<typeof dashboardInput>;
type GivenPanel = Omit<NonNullable<Given['panels']>[number], 'x' | 'y' | 'id'>;

/** Panels from left to right, in rows that begin where the next has no room. A panel has the height of its row. */
export function layOut({
  panels,
  ...rest
}: Omit<Given, 'panels'> & { readonly panels: readonly GivenPanel[] }): DashboardInput {
  let x = 0;
  let y = 0;
  let height = 0;
  const placed = panels.map((panel, index) => {
    if (x + panel.w > dashboardColumns) {
      y += height;
      x = 0;
      height = 0;
    }
    const here = { ...panel, id: `p${index + 1}`, x, y };
    x += panel.w;
    height = Math.max(height, panel.h);
    return here;
  });
  return dashboardInput.parse({ ...rest, panels: placed });
}

type Kind = GivenPanel['kind'];

interface More {
  readonly w?: number;
  readonly h?: number;
  readonly unit?: GivenPanel['unit'];
  readonly thresholds?: GivenPanel['thresholds'];
}

/** A panel that asks in the words of rules. */
export function words(kind: Kind, title: string, text: string, more: More = {}): GivenPanel {
  return { kind, title, queries: [{ type: 'words', text }], ...sizeOf(kind), ...more };
}

export function sqlPanel(kind: Kind, title: string, text: string, more: More = {}): GivenPanel {
  return { kind, title, queries: [{ type: 'sql', text }], ...sizeOf(kind), ...more };
}

export function promql(
  kind: Kind,
  title: string,
  text: string,
  more: More & { name?: string } = {},
): GivenPanel {
  const { name = '', ...rest } = more;
  return { kind, title, queries: [{ type: 'promql', text, name }], ...sizeOf(kind), ...rest };
}

export function listed(title: string, signal: 'traces' | 'logs', text: string, more: More = {}): GivenPanel {
  return { kind: 'table', title, queries: [{ type: 'count', signal, text }], w: 12, h: 4, ...more };
}

export function markdown(text: string): GivenPanel {
  return { kind: 'text', title: '', text, w: 12, h: 1 };
}

function sizeOf(kind: Kind): { readonly w: number; readonly h: number } {
  return kind === 'number' ? { w: 3, h: 2 } : { w: 6, h: 3 };
}
