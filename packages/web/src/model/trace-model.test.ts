import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slimTrace, type FixtureSpan } from './trace-fixture.ts';
import { buildTraceModel, hasMissingParent, spanName } from './trace-model.ts';

const spans: FixtureSpan[] = [
  { id: 'root', start: 0, end: 100 },
  { id: 'b', parent: 'root', start: 50, end: 90, error: 'boom' },
  { id: 'a', parent: 'root', start: 10, end: 60 },
  { id: 'a1', parent: 'a', start: 20, end: 30, error: 'no' },
  { id: 'lost', parent: 'nowhere', start: 5, end: 6 },
];

describe('the model of a trace', () => {
  it('walks the tree from its roots, children by start', () => {
    const model = buildTraceModel(slimTrace(spans));
    expect([...model.order].map((span) => spanName(model, span))).toEqual(['root', 'a', 'a1', 'b', 'lost']);
    expect([...model.order].map((span) => model.depth[span])).toEqual([0, 1, 2, 1, 0]);
    expect([...model.order].map((span) => model.subtreeSize[span])).toEqual([4, 2, 1, 1, 1]);
    expect(hasMissingParent(model, model.indexOf.get('lost') ?? -1)).toBe(true);
  });

  it('counts as self time only what no child covers', () => {
    const model = buildTraceModel(slimTrace(spans));
    expect([...model.order].map((span) => (model.selfUs[span] ?? 0) / 1000)).toEqual([20, 40, 10, 40, 1]);
  });

  it('counts the errors hidden below a span', () => {
    const model = buildTraceModel(slimTrace(spans));
    expect([...model.order].map((span) => model.errorsBelow[span])).toEqual([2, 1, 0, 0, 0]);
    expect(model.errorCount).toBe(2);
  });

  it('cuts cycles instead of hanging', () => {
    const model = buildTraceModel(
      slimTrace([
        { id: 'x', parent: 'y', start: 0, end: 1 },
        { id: 'y', parent: 'x', start: 0, end: 1 },
      ]),
    );
    expect(model.order).toHaveLength(2);
    expect(new Set(model.order).size).toBe(2);
  });

  it('holds every span exactly once, whatever the parents', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2, max: 30 }), { maxLength: 30 }), (parents) => {
        const slim = slimTrace(parents.map((_, i) => ({ id: `s${i}`, start: i, end: i + 5 })));
        const model = buildTraceModel({ ...slim, columns: { ...slim.columns, parent: parents } });
        expect(new Set(model.order).size).toBe(parents.length);
        for (const span of model.order) {
          const parent = model.parent[span] ?? -1;
          if (parent !== -1) expect(model.depth[span]).toBe((model.depth[parent] ?? 0) + 1);
        }
      }),
    );
  });

  it('lays out 50,000 spans of 200 levels in well under a second', () => {
    const many = Array.from({ length: 50_000 }, (_, i): FixtureSpan => {
      const base = { id: `s${i}`, start: i, end: 60_000, name: `op ${i % 40}` };
      return i === 0 ? base : { ...base, parent: `s${i % 200 === 0 ? 0 : i - 1}` };
    });
    const slim = slimTrace(many);
    const began = performance.now();
    const model = buildTraceModel(slim);
    expect(model.depthMax).toBe(200);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});
