import { describe, expect, it } from 'vitest';
import { slimTrace } from './trace-fixture.ts';
import { buildTraceModel, spanName } from './trace-model.ts';
import { ancestors, collapseToDepth, reveal, rowOf, visibleRows } from './trace-rows.ts';

const model = buildTraceModel(
  slimTrace([
    { id: 'root', start: 0, end: 10 },
    { id: 'a', parent: 'root', start: 1, end: 5 },
    { id: 'a1', parent: 'a', start: 2, end: 4 },
    { id: 'b', parent: 'root', start: 6, end: 9 },
  ]),
);
const span = (id: string): number => model.indexOf.get(id) ?? -1;
const namesOf = (rows: Int32Array): string[] => [...rows].map((row) => spanName(model, row));

describe('the rows of a trace', () => {
  it('leave out what is below a collapsed span', () => {
    expect(namesOf(visibleRows(model, new Set([span('a')])))).toEqual(['root', 'a', 'b']);
    expect(namesOf(visibleRows(model, collapseToDepth(model, 0)))).toEqual(['root']);
    expect(namesOf(visibleRows(model, collapseToDepth(model, 1)))).toEqual(['root', 'a', 'b']);
  });

  it('open exactly what hides a span', () => {
    const opened = reveal(model, collapseToDepth(model, 0), span('a1'));
    expect(namesOf(visibleRows(model, opened))).toEqual(['root', 'a', 'a1', 'b']);
    const same = new Set<number>();
    expect(reveal(model, same, span('a1'))).toBe(same);
  });

  it('are found by span', () => {
    const rows = visibleRows(model, new Set([span('a')]));
    expect(rowOf(model, rows, span('b'))).toBe(2);
    expect(rowOf(model, rows, span('a1'))).toBe(-1);
    expect(ancestors(model, span('a1')).map((above) => spanName(model, above))).toEqual(['root', 'a']);
  });
});
