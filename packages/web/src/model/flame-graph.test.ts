import { expect, it } from 'vitest';
import { buildFlameGraph } from './flame-graph.ts';
import { slimTrace } from './trace-fixture.ts';
import { buildTraceModel, spanName } from './trace-model.ts';

it('merges spans of one path and shares the width by self time', () => {
  const model = buildTraceModel(
    slimTrace([
      { id: 'root', start: 0, end: 100, name: 'run' },
      { id: 'a', parent: 'root', start: 0, end: 20, name: 'call' },
      { id: 'b', parent: 'root', start: 20, end: 60, name: 'call', error: 'late' },
      { id: 'c', parent: 'root', start: 60, end: 70, name: 'save' },
    ]),
  );
  const flame = buildFlameGraph(model);
  const named = [...flame.longest].map((span, node) => ({
    name: spanName(model, span),
    spans: flame.spanCount[node],
    errors: flame.errorCount[node],
    left: flame.left[node],
    width: flame.width[node],
  }));
  expect(named).toEqual([
    { name: 'run', spans: 1, errors: 1 - 1, left: 0, width: 1 },
    { name: 'call', spans: 2, errors: 1, left: 0, width: 0.6 },
    { name: 'save', spans: 1, errors: 0, left: 0.6, width: 0.1 },
  ]);
});
