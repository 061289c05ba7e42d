/** Labels of stored series, as Prometheus has them: those of the points, and which target they are of. */
import { prometheusLabelName } from '@sightline/schema/conventions';
import { Labels } from '../../promql/labels.ts';

export interface SeriesRow {
  readonly id: string;
  readonly keys: readonly string[];
  readonly values: readonly string[];
  readonly resourceKeys: readonly string[];
  readonly resourceValues: readonly string[];
  readonly scope: string;
}

export interface StoredSeries {
  readonly id: string;
  /** Without a name. */
  readonly labels: Labels;
}

export function resourceOf({ resourceKeys, resourceValues }: SeriesRow): Map<string, string> {
  return new Map(resourceKeys.map((key, at) => [key, resourceValues[at] ?? '']));
}

/** `job` and `instance`, as the compatibility specification makes them of a resource. */
export function targetLabels(resource: ReadonlyMap<string, string>): [string, string][] {
  const [namespace, service] = [resource.get('service.namespace'), resource.get('service.name')];
  return [
    ['job', namespace === undefined || namespace === '' ? (service ?? '') : `${namespace}/${service ?? ''}`],
    ['instance', resource.get('service.instance.id') ?? ''],
    ['service_name', service ?? ''],
  ];
}

/**
 * The labels of each row. Rows that would have the same, such as two processes of one service that name no instance, are told apart by what differs
 * among their resources.
 */
export function labelSeries(rows: readonly SeriesRow[], isOriginal: boolean): StoredSeries[] {
  const plain = rows.map((row) => ({ row, entries: entriesOf(row, isOriginal) }));
  const groups = Map.groupBy(plain, ({ entries }) => Labels.from(entries).key);
  return [...groups.values()].flatMap((group) => {
    const differing = group.length === 1 ? [] : differingKeys(group.map(({ row }) => resourceOf(row)));
    return group.map(({ row, entries }) => {
      const resource = resourceOf(row);
      const added = differing.map((key): [string, string] => [
        isOriginal ? key : prometheusLabelName(key),
        resource.get(key) ?? '',
      ]);
      return { id: row.id, labels: Labels.from(joined([...entries, ...added])) };
    });
  });
}

function entriesOf(row: SeriesRow, isOriginal: boolean): [string, string][] {
  const own = row.keys.map((key, at): [string, string] => [
    isOriginal ? key : prometheusLabelName(key),
    row.values[at] ?? '',
  ]);
  const reported = new Set(own.map(([name]) => name));
  const target = targetLabels(resourceOf(row)).map(([name, value]): [string, string] => [
    reported.has(name) ? `exported_${name}` : name,
    value,
  ]);
  return joined([...own, ...target, ['otel_scope_name', row.scope]]);
}

/** Keys that became one name share it, as the specification says. */
function joined(entries: readonly [string, string][]): [string, string][] {
  const result = new Map<string, string>();
  for (const [name, value] of entries) {
    const known = result.get(name);
    result.set(name, known === undefined || known === value ? value : `${known};${value}`);
  }
  return [...result];
}

function differingKeys(resources: readonly ReadonlyMap<string, string>[]): string[] {
  const keys = new Set(resources.flatMap((resource) => [...resource.keys()]));
  return [...keys].filter((key) => new Set(resources.map((resource) => resource.get(key))).size > 1);
}
