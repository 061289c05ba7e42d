import {
  metricAggregation,
  type MetricInfo,
  metricQueryResponse,
  type MetricQueryResponse,
  metricsResponse,
} from '@sightline/schema/api';
import { searchOptions } from '../arguments/global-options.ts';
import type { Command, Invocation } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import { formatCount } from '@sightline/base';
import { formatTime, oneLine } from '../output/format.ts';
import type { Output } from '../output/output.ts';
import { renderSparkline } from '../output/sparkline.ts';
import type { Column } from '../output/table.ts';
import { printList } from './print-list.ts';
import { noteLimits, searchParameters } from './search.ts';

export const metricsCommand: Command = {
  name: 'metrics',
  summary: 'List metrics, or chart one.',
  positionals: '[name]',
  positionalCount: { min: 0, max: 1 },
  options: {
    ...searchOptions,
    search: { type: 'string', value: 'text', about: 'List only names that contain this.' },
    service: { type: 'string', short: 's', value: 'name', about: 'List only metrics of this service.' },
    aggregation: {
      type: 'string',
      value: 'name',
      about: `How points become one: ${metricAggregation.options.join(' ')}.`,
    },
    'group-by': { type: 'string', value: 'names', about: 'One series per value of these attributes.' },
    step: { type: 'string', value: 'time', about: 'Width of a point, such as 10s or 1m.' },
  },
  examples: [
    { line: 'sightline metrics --search gen_ai', about: 'which metrics there are' },
    {
      line: 'sightline metrics gen_ai.client.operation.duration --aggregation p95 --group-by gen_ai.request.model',
      about: 'p95 latency of each model over the last hour',
    },
  ],
  run: async (invocation) =>
    invocation.positionals[0] === undefined
      ? listMetrics(invocation)
      : chartMetric(invocation, invocation.positionals[0]),
};

async function listMetrics(invocation: Invocation) {
  const { client, options, output } = invocation;
  const { from, to } = searchParameters(invocation);
  const response = await client.get(
    'metrics',
    {
      from,
      to,
      search: options.text('search'),
      service: options.text('service'),
      limit: options.integer('limit', { min: 1, max: 5000 }),
    },
    metricsResponse,
  );
  return printList(output, {
    response,
    rows: response.metrics,
    columns: metricColumns(output),
    ifNone: 'No metrics found. Widen --from, or loosen --search.',
  });
}

function metricColumns({ style }: Output): readonly Column<MetricInfo>[] {
  const now = new Date();
  return [
    { title: 'NAME', text: (m) => oneLine(m.name), paint: style.accent },
    { title: 'TYPE', text: (m) => m.type },
    { title: 'UNIT', text: (m) => oneLine(m.unit) },
    { title: 'SERIES', text: (m) => formatCount(m.seriesCount), align: 'right' },
    { title: 'LAST SEEN', text: (m) => formatTime(m.lastSeen, now), paint: style.dim },
    { title: 'SERVICES', text: (m) => oneLine(m.services.join(' ')) },
    { title: 'DESCRIPTION', text: (m) => oneLine(m.description), flexible: true, paint: style.dim },
  ];
}

async function chartMetric(invocation: Invocation, name: string) {
  const { client, options, output } = invocation;
  const stepMs = options.durationMs('step');
  const response = await client.get(
    'metrics/query',
    {
      ...searchParameters(invocation),
      name,
      aggregation: options.choice('aggregation', metricAggregation.options),
      groupBy: options.text('group-by'),
      stepS: stepMs === undefined ? undefined : Math.max(1, Math.round(stepMs / 1000)),
      limit: options.integer('limit', { min: 1, max: 100 }),
    },
    metricQueryResponse,
  );
  noteLimits(output, response.limitsMet);
  if (output.json) output.document(response);
  else printSeries(response, output);
  if (response.series.length > 0) return exitCodes.ok;
  if (!output.json) output.note('No points found. Widen --from, or loosen the filter.');
  return exitCodes.notFound;
}

const chartWidth = 40;

function printSeries({ name, unit, aggregation, stepS, series }: MetricQueryResponse, output: Output): void {
  const { style } = output;
  const of = unit === '' ? '' : `, ${unit}`;
  output.line(`${style.bold(oneLine(name))}  ${style.dim(`${aggregation}${of}, a point per ${stepS} s`)}`);
  output.table(
    series.map(({ labels, points }) => ({ labels, values: points.map(([, value]) => value) })),
    [
      {
        title: 'SERIES',
        text: ({ labels }) =>
          oneLine(
            Object.entries(labels)
              .map(([key, value]) => `${key}=${value}`)
              .join(' '),
          ) || 'all',
        paint: style.accent,
        flexible: true,
      },
      {
        title: 'LAST',
        text: ({ values }) => formatPoint(values.findLast((value) => value !== null)),
        align: 'right',
      },
      { title: 'MIN', text: ({ values }) => formatPoint(extreme(values, Math.min)), align: 'right' },
      { title: 'MAX', text: ({ values }) => formatPoint(extreme(values, Math.max)), align: 'right' },
      { title: 'OVER TIME', text: ({ values }) => renderSparkline(values, chartWidth) },
    ],
  );
}

function extreme(
  values: readonly (number | null)[],
  pick: (a: number, b: number) => number,
): number | undefined {
  return values.reduce<number | undefined>(
    (best, value) => (value === null ? best : best === undefined ? value : pick(best, value)),
    undefined,
  );
}

function formatPoint(value: number | null | undefined): string {
  if (value === null || value === undefined) return '·';
  if (value === 0) return '0';
  return Math.abs(value) >= 1000 || Math.abs(value) < 0.001
    ? value.toExponential(2)
    : String(Number(value.toPrecision(3)));
}
