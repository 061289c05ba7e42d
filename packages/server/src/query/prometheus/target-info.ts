/** `target_info`: one series for each target, with its resource's attributes as labels. */
import { prometheusLabelName } from '@sightline/schema/conventions';
import { Labels } from '../../promql/labels.ts';
import type { RawSeries } from '../../promql/series.ts';
import type { Reader } from '../reader.ts';
import { selectTargets } from '../sql/prometheus-sql.ts';
import type { TimeRange } from '../time-range.ts';
import { targetLabels } from './series-labels.ts';

/** More than that are cut: they describe, and count nothing. */
const targetsMax = 10_000;
const stepMs = 60_000;

/** Sampled each minute in which the target sent something. */
export async function targetInfo(
  reader: Reader,
  range: Pick<TimeRange, 'from' | 'to'>,
): Promise<RawSeries[]> {
  const rows = await reader.rows<{
    keys: readonly string[];
    values: readonly string[];
    minutes: readonly string[];
  }>(selectTargets({ project: reader.project, range, stepMs, targetsMax }));
  return rows.flatMap(({ keys, values, minutes }) => {
    const resource = new Map(keys.map((key, at) => [key, values[at] ?? '']));
    const target = targetLabels(resource).filter(([name]) => name !== 'service_name');
    const own = [...resource].map(([key, value]): [string, string] => [prometheusLabelName(key), value]);
    const times = minutes.map(Number);
    const labels = Labels.from([...own, ...target, ['__name__', 'target_info']]);
    return labels.has('job') || labels.has('instance') ? [{ labels, times, values: times.map(() => 1) }] : [];
  });
}
