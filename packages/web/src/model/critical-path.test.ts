import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCriticalPath } from './critical-path.ts';
import { slimTrace, type FixtureSpan } from './trace-fixture.ts';
import { buildTraceModel, spanName } from './trace-model.ts';

function pathOf(spans: readonly FixtureSpan[]): string[] {
  const model = buildTraceModel(slimTrace(spans));
  const path = findCriticalPath(model);
  return [...path.span]
    .map((span, i) => ({ name: spanName(model, span), from: path.fromUs[i] ?? 0, to: path.toUs[i] ?? 0 }))
    .toSorted((a, b) => a.from - b.from)
    .map(({ name, from, to }) => `${name} ${from / 1000}–${to / 1000}`);
}

describe('the critical path', () => {
  it('follows the child that finished last, then the one before it', () =>
    expect(
      pathOf([
        { id: 'root', start: 0, end: 100 },
        { id: 'first', parent: 'root', start: 5, end: 40 },
        { id: 'aside', parent: 'root', start: 10, end: 30 },
        { id: 'second', parent: 'root', start: 45, end: 90 },
        { id: 'deep', parent: 'second', start: 50, end: 80 },
      ]),
    ).toEqual([
      'root 0–5',
      'first 5–40',
      'root 40–45',
      'second 45–50',
      'deep 50–80',
      'second 80–90',
      'root 90–100',
    ]));

  it('ignores what a child does after its parent ended', () =>
    expect(
      pathOf([
        { id: 'root', start: 0, end: 50 },
        { id: 'background', parent: 'root', start: 40, end: 500 },
      ]),
    ).toEqual(['root 0–40', 'background 40–50']));

  it('keeps the predecessor whose end was read a moment after its successor began', () =>
    expect(
      pathOf([
        { id: 'root', start: 0, end: 100 },
        { id: 'long', parent: 'root', start: 0, end: 90.5 },
        { id: 'next', parent: 'root', start: 90, end: 100 },
      ]),
    ).toEqual(['long 0–90', 'next 90–100']));

  it('covers the root without gaps or overlaps, whatever the children', () => {
    const child = fc.record({
      parent: fc.nat(20),
      start: fc.nat(100),
      length: fc.nat(60),
    });
    fc.assert(
      fc.property(fc.array(child, { maxLength: 20 }), (children) => {
        const model = buildTraceModel(
          slimTrace([
            { id: 's0', start: 0, end: 100 },
            ...children.map(({ parent, start, length }, i) => ({
              id: `s${i + 1}`,
              parent: `s${Math.min(parent, i)}`,
              start,
              end: start + length,
            })),
          ]),
        );
        const root = model.indexOf.get('s0') ?? -1;
        if (model.root !== root) return;
        const path = findCriticalPath(model);
        const pieces = [...path.span]
          .map((_, i) => [path.fromUs[i] ?? 0, path.toUs[i] ?? 0] as const)
          .toSorted((a, b) => a[0] - b[0]);
        let cursor = model.startUs[root] ?? 0;
        for (const [from, to] of pieces) {
          expect(from).toBe(cursor);
          cursor = to;
        }
        expect(cursor).toBe(model.endUs[root]);
      }),
    );
  });
});
