/** A counter of many series comes as one metric with a point for each: loading it takes time and memory in proportion to them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '@sightline/base';
import { prepareStore } from '../../../testing/prepared-data.ts';
import { openStore } from '../../open-store.ts';
import { recordOf, SegmentLoader, testNow } from '../../testing/segments.ts';

const points = 4_000;
const requests = 3;

test('loads metrics of thousands of points, several in a segment', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-points-'));
  await prepareStore(join(directory, 'store'));
  const store = await openStore(
    { kind: 'embedded', directory: join(directory, 'store'), writers: 1, readers: 1 },
    systemClock(),
  );
  try {
    const records = Array.from({ length: requests }, () => recordOf('metrics', counter()));
    await new SegmentLoader(store, directory).load('metrics', records);
    const { rows } = await store.query({
      sql: `SELECT type, unit, description, temporality, monotonic, toUInt32(count()) AS points, toUInt32(uniqExact(series_id)) AS series, sum(value) AS total
        FROM metric_points GROUP BY ALL`,
    });
    expect(rows).toEqual([
      {
        type: 'sum',
        unit: '{request}',
        description: 'Requests that were answered.',
        temporality: 2,
        monotonic: true,
        points: points * requests,
        series: points,
        total: (requests * points * (points - 1)) / 2,
      },
    ]);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
});

function counter(): unknown {
  const dataPoints = Array.from({ length: points }, (_, at) => ({
    timeUnixNano: String(testNow),
    asInt: String(at),
    attributes: [{ key: 'customer', value: { stringValue: `c${at}` } }],
  }));
  const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints };
  const metric = {
    name: 'app.requests',
    unit: '{request}',
    description: 'Requests that were answered.',
    sum,
  };
  return { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] };
}
