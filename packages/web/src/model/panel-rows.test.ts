import type { PanelData } from '@sightline/schema/api';
import { expect, it } from 'vitest';
import { rowsOfPanel } from './panel-rows.ts';

const data: PanelData = {
  unit: 'none',
  stepS: 60,
  times: [0, 60],
  series: [{ name: 'a', labels: { model: 'gpt' }, values: [1, null], behind: null }],
  totals: [{ name: 'a', labels: { model: 'gpt' }, value: 3, before: 2, behind: null }],
  table: null,
  spread: null,
  notes: [],
};

it('writes each point, name, cell and row of a panel as one row', () => {
  expect(rowsOfPanel('lines', data)).toEqual([
    { time: '1970-01-01T00:00:00.000Z', stepS: 60, model: 'gpt', name: 'a', value: 1 },
    { time: '1970-01-01T00:01:00.000Z', stepS: 60, model: 'gpt', name: 'a', value: null },
  ]);
  expect(rowsOfPanel('number', data)).toEqual([{ model: 'gpt', name: 'a', value: 3, before: 2 }]);
  const spread = { bounds: [0, 1, 2], counts: [[4, 5]], behind: null, field: null };
  expect(rowsOfPanel('distribution', { ...data, spread })).toEqual([
    { from: 0, to: 1, count: 4 },
    { from: 1, to: 2, count: 5 },
  ]);
  expect(rowsOfPanel('heat', { ...data, spread })[0]).toMatchObject({ time: '1970-01-01T00:00:00.000Z' });
  const table = { columns: [{ name: 'x', isNumber: true, unit: 'none' as const }], rows: [[7]], behind: [] };
  expect(rowsOfPanel('table', { ...data, table })).toEqual([{ x: 7 }]);
});
