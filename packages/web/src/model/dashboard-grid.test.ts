import { expect, test } from 'vitest';
import { arrange, type Box, nudge, settle } from './dashboard-grid.ts';

const box = (id: string, x: number, y: number, w = 6, h = 3): Box => ({ id, x, y, w, h });
const overlap = (a: Box, b: Box): boolean =>
  a.id !== b.id && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

const byId = (panels: readonly Box[]): Box[] => panels.toSorted((a, b) => (a.id < b.id ? -1 : 1));

test('panels fall up and never lie on each other, however they are moved', () => {
  let panels: Box[] = Array.from({ length: 14 }, (_, index) =>
    box(`p${index}`, (index * 5) % 9, index, 3, 2),
  );
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let step = 0; step < 400; step++) {
    const id = `p${random(14)}`;
    panels =
      step % 2 === 0
        ? arrange(panels, id, { x: random(14) - 1, y: random(20) - 2, w: random(14), h: random(6) })
        : nudge(
            panels,
            id,
            (['up', 'down', 'left', 'right', 'wider', 'shorter'] as const)[random(6)] ?? 'up',
          );
    expect(panels.length).toBe(14);
    for (const one of panels) {
      expect(panels.some((other) => overlap(one, other))).toBe(false);
      expect(one.x >= 0 && one.w >= 1 && one.x + one.w <= 12 && one.h >= 1 && one.y >= 0).toBe(true);
    }
    expect(byId(settle(panels))).toEqual(byId(panels));
  }
});

test('down passes the panel below, and up takes it back', () => {
  const panels = [box('a', 0, 0), box('b', 0, 3), box('c', 6, 0)];
  const down = nudge(panels, 'a', 'down');
  expect(down.find(({ id }) => id === 'a')?.y).toBe(3);
  expect(down.find(({ id }) => id === 'b')?.y).toBe(0);
  expect(nudge(down, 'a', 'up').find(({ id }) => id === 'a')?.y).toBe(0);
});
