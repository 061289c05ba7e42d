import { describe, expect, it } from 'vitest';
import { fillIntervals } from './fill-variables.ts';
import { importGrafana } from './import-grafana.ts';

const prometheus = { type: 'prometheus', uid: 'p' };
const chart = (title: string, expr: string, more: object = {}) => ({
  type: 'timeseries',
  title,
  datasource: prometheus,
  gridPos: { x: 0, y: 0, w: 12, h: 8 },
  targets: [{ refId: 'A', expr }],
  ...more,
});

describe('a dashboard of Grafana', () => {
  const taken = (given: object) => {
    const { dashboard, left } = importGrafana({ title: 'T', ...given });
    const texts = dashboard.panels.map(({ queries, text }) => queries[0]?.text ?? text);
    return { dashboard, left: left.join('\n'), texts };
  };

  it('keeps rows as headings, and opens those that are closed in their place', () => {
    const { dashboard, texts } = taken({
      panels: [
        { type: 'row', title: 'Open  now', gridPos: { x: 0, y: 0, w: 24, h: 1 }, panels: [] },
        chart('One', 'a', { gridPos: { x: 0, y: 1, w: 12, h: 10 } }),
        {
          type: 'row',
          title: 'Closed',
          collapsed: true,
          gridPos: { x: 0, y: 11, w: 24, h: 1 },
          panels: [chart('Two', 'b', { gridPos: { x: 0, y: 40, w: 24, h: 10 } })],
        },
        { type: 'row', title: 'Last', gridPos: { x: 0, y: 12, w: 24, h: 1 } },
        chart('Three', 'c', { gridPos: { x: 12, y: 13, w: 12, h: 10 } }),
      ],
    });
    expect(texts).toEqual(['## Open now', 'a', '## Closed', 'b', '## Last', 'c']);
    const ys = dashboard.panels.map(({ y }) => y);
    expect(ys).toEqual(ys.toSorted((a, b) => a - b));
    expect(ys.at(-1)).toBeGreaterThan(ys[3] ?? 0);
  });

  it('reads rows and panels from before Grafana 5', () => {
    const { dashboard, texts } = taken({
      schemaVersion: 14,
      rows: [
        {
          title: 'Old',
          height: '250px',
          panels: [
            {
              type: 'graph',
              title: 'G',
              span: 6,
              bars: true,
              yaxes: [{ format: 's' }],
              targets: [{ expr: 'a' }],
            },
            { type: 'singlestat', title: 'S', span: 6, format: 'percentunit', targets: [{ expr: 'b' }] },
            {
              type: 'graph',
              title: 'N',
              span: 12,
              datasource: null,
              targets: [{ expr: 'c[' }, { expr: 'd' }],
            },
          ],
        },
      ],
    });
    expect(texts).toEqual(['## Old', 'a', 'b', 'd']);
    expect(dashboard.panels.map(({ kind, unit, x, w }) => [kind, unit, x, w])).toEqual([
      ['text', 'auto', 0, 12],
      ['bars', 'seconds', 0, 6],
      ['number', 'ratio', 6, 6],
      ['lines', 'auto', 0, 12],
    ]);
    expect(dashboard.panels[3]?.y).toBeGreaterThan(dashboard.panels[1]?.y ?? 0);
  });

  it('takes library panels that the file holds, and names those that it does not', () => {
    const { texts, left, dashboard } = taken({
      __elements: { lib: { name: 'L', kind: 1, model: chart('Shared', 'rate(a[5m])') } },
      panels: [
        { gridPos: { x: 0, y: 0, w: 24, h: 8 }, title: '', libraryPanel: { uid: 'lib', name: 'L' } },
        { gridPos: { x: 0, y: 8, w: 24, h: 8 }, libraryPanel: { uid: 'gone', name: 'Far away' } },
      ],
    });
    expect(texts).toEqual(['rate(a[5m])']);
    expect(dashboard.panels[0]).toMatchObject({ title: 'Shared', w: 12 });
    expect(left).toContain('“Far away”: a library panel');
  });

  it('takes of mixed panels what asks Prometheus: a selector of Loki is none', () => {
    const { dashboard, left } = taken({
      __inputs: [
        { name: 'DS_LOGS', pluginId: 'loki', type: 'datasource' },
        { name: 'DS_METRICS', pluginId: 'prometheus', type: 'datasource' },
      ],
      panels: [
        chart('Mixed', '', {
          datasource: { type: 'datasource', uid: '-- Mixed --' },
          targets: [
            { expr: 'up', datasource: prometheus },
            { expr: '{app="x"}', datasource: { type: 'loki', uid: 'l' } },
            { rawSql: 'SELECT 1', datasource: { type: 'postgres', uid: 's' } },
            { expr: 'down', hide: true, datasource: prometheus },
          ],
        }),
        chart('By name', '{app="y"}', { datasource: '${DS_LOGS}' }),
        chart('Also', 'up', { datasource: '${DS_METRICS}' }),
        chart('Thanos', 'up', { datasource: { type: 'thanos-querier', uid: 't' } }),
      ],
    });
    expect(dashboard.panels.map(({ title, queries }) => [title, queries.length])).toEqual([
      ['Mixed', 1],
      ['Also', 1],
      ['Thanos', 1],
    ]);
    expect(left).toContain('“Mixed”, {app="x"}: it asks loki.');
    expect(left).toContain('“By name”: it asks nothing in PromQL.');
  });

  it('keeps neighbours beside each other where their edges are no whole columns', () => {
    const at = (x: number, w: number) => chart(`at ${x}`, 'a', { gridPos: { x, y: 0, w, h: 4 } });
    const { dashboard } = taken({ panels: [at(0, 3), at(3, 3), at(6, 3), at(9, 5), at(14, 10)] });
    expect(dashboard.panels.map(({ x, w }) => [x, x + w])).toEqual([
      [0, 2],
      [2, 3],
      [3, 5],
      [5, 7],
      [7, 12],
    ]);
  });

  it('takes heat maps of buckets, and names those that count single values', () => {
    const heat = (title: string, more: object = {}) =>
      chart(title, 'sum by (le) (increase(http_duration_seconds_bucket[$__interval]))', {
        type: 'heatmap',
        ...more,
      });
    const { dashboard, left } = taken({
      panels: [
        heat('Buckets', { fieldConfig: { defaults: { unit: 's' } } }),
        heat('Values', { options: { calculate: true } }),
        heat('Older', { dataFormat: 'timeseries' }),
      ],
    });
    expect(dashboard.panels.map(({ title, kind }) => [title, kind])).toEqual([['Buckets', 'heat']]);
    expect(left.split('\n')).toEqual([
      '“Values”: a heat map of single values; here it has the buckets of a histogram.',
      '“Older”: a heat map of single values; here it has the buckets of a histogram.',
    ]);
  });

  it('names what repeats and what is transformed', () => {
    const { left, texts } = taken({
      panels: [
        chart('R', 'up{job="$job"}', { repeat: 'job', repeatDirection: 'h' }),
        chart('X', 'up', { transformations: [{ id: 'organize' }, { id: 'merge' }] }),
      ],
    });
    expect(texts.length).toBe(2);
    expect(left).toContain('“R”: it is one panel for all values of $job');
    expect(left).toContain('“X”: its 2 transformations.');
  });

  it('reads the intervals and variables of queries', () => {
    const { texts, left, dashboard } = taken({
      time: { from: 'now/d', to: 'now/d' },
      refresh: '5m',
      templating: {
        list: [
          { name: 'step', type: 'interval', query: '1m,10m', current: { value: '10m' } },
          { name: 'auto', type: 'interval', query: '1m', current: { value: '$__auto_interval_auto' } },
          {
            name: 'job',
            type: 'query',
            query: { query: 'label_values(up, job)' },
            current: { value: ['a', 'b'] },
          },
          { name: 'all', type: 'query', definition: 'label_values(job)', current: { value: ['$__all'] } },
          { name: 'rows', type: 'query', query: 'query_result(topk(5, up))' },
          { name: 'job', type: 'textbox', query: 'again' },
          { name: 'no good', type: 'custom', query: 'x' },
        ],
      },
      panels: [
        chart('1', 'rate(a[$step])'),
        chart('2', 'rate(a[${step}]) / rate(b[[[auto]]])'),
        chart('3', 'increase(a[$__range]) / $__range_s + $__interval_ms'),
        chart('4', 'rate(a[$__rate_interval:$__interval])'),
        chart('5', '$metric{job=~"$job"}'),
      ],
    });
    expect(texts).toEqual([
      'rate(a[10m])',
      'rate(a[10m]) / rate(b[1m])',
      'increase(a[$__range]) / $__range_s + $__interval_ms',
      'rate(a[$__rate_interval:$__interval])',
    ]);
    expect(dashboard).toMatchObject({ range: { from: '-6h', to: 'now' }, refreshS: 300 });
    expect(dashboard.variables.map(({ name, value }) => [name, value])).toEqual([
      ['job', ['again']],
      ['all', []],
    ]);
    for (const said of ['now/d', '$step: 10m', '$rows', 'no good', '“5”, $metric'])
      expect(left).toContain(said);
    expect(fillIntervals('a[$__range] / $__range_s + ${__interval_ms}', { stepS: 60, rangeS: 3600 })).toBe(
      'a[3600s] / 3600 + 60000',
    );
  });

  it('names all that it changes of variables, colours and rows', () => {
    const { dashboard, left, texts } = taken({
      rows: [
        {
          title: 'Old',
          repeat: 'node',
          panels: [
            {
              ...chart('Up', 'up{instance=~"$node:9100"}'),
              type: 'singlestat',
              thresholds: '50,80',
              colors: ['#299c46', 'rgba(237, 129, 40, 0.89)', '#d44a3a'],
              links: [{ title: 'docs' }],
            },
          ],
        },
      ],
      panels: [
        chart('Most', 'topk($n, sum by ($by) (rate(x{s="$n"}[$__rate_interval])))', {
          targets: [
            { expr: 'topk($n, sum by ($by) (rate(x{s="$n"}[$__rate_interval])))' },
            { refId: 'B', type: 'math', expression: '$A * 2' },
          ],
          fieldConfig: { defaults: {}, overrides: [{}] },
        }),
      ],
      templating: {
        list: [
          {
            name: 'node',
            type: 'query',
            query: 'label_values(up{job="$job"}, instance)',
            regex: '/(.*):.*/',
          },
          { name: 'n', type: 'textbox', query: '10' },
          { name: 'by', type: 'custom', query: 'Pod : pod,a\\,b', current: { value: 'pod' } },
        ],
      },
    });
    expect(texts).toContain('topk(10, sum by (pod) (rate(x{s="$n"}[$__rate_interval])))');
    expect(dashboard.variables.map(({ from }) => from)).toContainEqual({
      type: 'list',
      values: ['pod', 'a,b'],
    });
    expect(dashboard.panels.find(({ title }) => title === 'Up')?.thresholds).toEqual([
      { from: 50, tone: 'warn' },
      { from: 80, tone: 'error' },
    ]);
    for (const words of [
      'one row for all values of $node',
      'without its pattern /(.*):.*/',
      'not narrowed by up{job="$job"}',
      'keep the values that they had',
      'a query that is not in PromQL',
      'its overrides of fields',
      'its links',
    ])
      expect(left).toContain(words);
  });

  it('names a choice of data sources, and takes from it of which kind they are', () => {
    const { dashboard, left, texts } = taken({
      templating: {
        list: [
          { name: 'ds', type: 'datasource', query: 'prometheus' },
          { name: 'logs', type: 'datasource', query: 'loki' },
          { name: 'app', type: 'query', datasource: '$logs', query: 'label_values(app)' },
          {
            name: 'job',
            type: 'query',
            datasource: { uid: '${ds}' },
            query: 'label_values(job)',
            allValue: '.+',
          },
          { name: 'any', type: 'adhoc' },
          { name: 'by', type: 'groupby' },
          { name: 'twice', type: 'custom', query: 'a' },
          { name: 'twice', type: 'custom', query: 'b' },
          { name: 'many', type: 'custom', query: Array.from({ length: 201 }, (_, at) => `v${at}`).join(',') },
        ],
      },
      panels: [
        chart('One', 'a', { datasource: { uid: '$ds' } }),
        chart('Two', '{app="x"}', { datasource: '$logs' }),
      ],
    });
    expect(texts).toEqual(['a']);
    expect(dashboard.variables.map(({ name }) => name)).toEqual(['job', 'twice', 'many']);
    expect(left.split('\n')).toEqual([
      'The variable $ds: it chooses between sources, and there is one here.',
      'The variable $logs: it chooses between sources, and there is one here.',
      'The variable $app: it asks loki.',
      'The variable $job: all is all of its values, not .+.',
      'The variable $any: of the type adhoc.',
      'The variable $by: of the type groupby.',
      'The variable $many: of its 201 values the first 200 were taken.',
      '“Two”, {app="x"}: it asks loki.',
      '“Two”: it asks nothing in PromQL.',
      'Variables whose name stands twice: the last of each name was taken.',
    ]);
  });

  it('names what a dashboard and its panels have and this one has not', () => {
    const shown = chart('Shown', 'a', {
      type: 'stat',
      description: 'Read me',
      timeFrom: '1h',
      timeShift: '1d',
      links: [{}],
      options: { reduceOptions: { calcs: ['mean'] } },
      fieldConfig: {
        defaults: {
          unit: 'celsius',
          links: [{}],
          mappings: [{}],
          thresholds: {
            mode: 'absolute',
            steps: [
              { color: 'green', value: null },
              { color: 'blue', value: 5 },
            ],
          },
        },
        overrides: [{}],
      },
    });
    const hidden = {
      ...chart('Hidden', ''),
      targets: [
        { expr: 'a', hide: true },
        { expr: 'b' },
        { datasource: { type: '__expr__' }, type: 'math', expression: '$A * 2' },
      ],
    };
    const stacked = chart('Stacked', 'c', {
      fieldConfig: { defaults: { unit: 'short', custom: { stacking: { mode: 'percent' } } } },
    });
    const library = {
      libraryPanel: { uid: 'l', name: 'L' },
      repeat: 'job',
      gridPos: { x: 0, y: 0, w: 12, h: 8 },
    };
    const { left } = taken({
      links: [{}, {}],
      tags: ['x'],
      timezone: 'utc',
      refresh: 'auto',
      annotations: { list: [{ builtIn: 1 }, { name: 'Deploys' }] },
      __elements: { l: { model: chart('Lib', 'd') } },
      panels: [shown, hidden, stacked, library],
    });
    expect(left.split('\n')).toEqual([
      '1 of its annotations.',
      'Its 2 links.',
      'Its tags.',
      'Its time zone utc: times are those of the browser.',
      'The description of a panel.',
      '“Shown”: its overrides of fields.',
      '“Shown”: its links.',
      '“Shown”: its words for values.',
      '“Shown”: its unit celsius.',
      '“Shown”: its value by mean: it shows the last.',
      '“Shown”: its own time 1h.',
      '“Shown”: its shift in time by 1d.',
      '“Shown”: its thresholds beyond five, or of a colour that says neither good nor bad.',
      '“Hidden”: a query that is hidden.',
      '“Hidden”: a query that is not in PromQL.',
      '“Stacked”: its stacks in percent: they show values.',
      '“Lib”: it is one panel for all values of $job, not one for each.',
      'Its refresh auto: it is refreshed by hand.',
    ]);
  });

  it('is found in what an API wraps around it; other forms are refused with what to do', () => {
    const dashboard = { title: 'Inside', panels: [chart('P', 'up')] };
    expect(importGrafana({ dashboard, meta: {} }).dashboard.name).toBe('Inside');
    const resource = { apiVersion: 'dashboard.grafana.app/v1beta1', kind: 'Dashboard', metadata: {} };
    expect(importGrafana({ ...resource, spec: dashboard }).dashboard.panels.length).toBe(1);
    expect(() => importGrafana({ ...resource, spec: { title: 'New', elements: {} } })).toThrow('form v2');
    expect(() => importGrafana({ spec: 1 })).toThrow('no title');
  });

  it('of any form makes no panel that could not be kept', () => {
    const odd = taken({
      title: ' '.repeat(200),
      description: 7,
      panels: [
        null,
        'text',
        { type: '__proto__', title: 'p' },
        { type: 'constructor' },
        chart('x'.repeat(5_000), 'up', { gridPos: { x: -9, y: 1e9, w: 1e9, h: -1 } }),
        chart('Long', `up{a="${'b'.repeat(20_000)}"}`),
        ...Array.from({ length: 100 }, (_, index) => chart(`${index}`, 'up')),
      ],
    });
    expect(odd.dashboard.name).toBe('From Grafana');
    expect(odd.dashboard.panels.length).toBe(60);
    expect(odd.left).toContain('41 panels, beyond the first 60');
    expect(odd.left).toContain('longer than 10,000');
  });
});
