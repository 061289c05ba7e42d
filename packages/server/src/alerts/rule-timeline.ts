import type { rangeFrom, ruleTimelineResponse } from '@sightline/schema/api';
import type { z } from 'zod';
import { listEvents, listInstances, type StoredEvent } from '../catalog/alert-instances.ts';
import type { SqlRunner } from '../catalog/catalog-database.ts';
import type { QueryContext } from '../query/reader.ts';
import { readRange } from '../query/time-range.ts';
import { timeText } from './describe-alerts.ts';

type Timeline = z.infer<typeof ruleTimelineResponse>;
type Row = Timeline['instances'][number];
type State = Row['spells'][number]['state'];

const eventsMax = 5_000;
const entered: Readonly<Record<string, State>> = {
  pending: 'pending',
  firing: 'firing',
  recovering: 'recovering',
};
/** In which a label set must have been before, where that is not in the range. */
const left: Readonly<Record<string, State>> = { recovering: 'firing', resolved: 'firing', calmed: 'pending' };

/** From the history; what was there all the time and did not change, from what is there now. */
export async function readTimeline(
  { catalog, clock, project }: Pick<QueryContext, 'clock' | 'project'> & { readonly catalog: SqlRunner },
  { ruleId, ...asked }: { readonly ruleId: string } & z.output<ReturnType<typeof rangeFrom>>,
): Promise<Timeline> {
  const range = readRange(asked, clock);
  const [from, to] = [range.from, range.to].map((nanos) => new Date(Number(nanos / 1_000_000n))) as [
    Date,
    Date,
  ];
  const events = await listEvents(catalog, { project, from, to, ruleId, limit: eventsMax, order: 'ASC' });
  const rows = new Map<string, Row>();
  const rowOf = (instanceId: string, labels: StoredEvent['labels']): Row => {
    const row = rows.get(instanceId) ?? { instanceId, labels: { ...labels }, spells: [] };
    rows.set(instanceId, row);
    return row;
  };
  for (const { instanceId, labels, kind, time, value } of events) {
    if (instanceId === null || !(kind in entered || kind in left)) continue;
    const { spells } = rowOf(instanceId, labels);
    const before = left[kind];
    if (spells.length === 0 && before !== undefined)
      spells.push({ state: before, from: timeText(from), to: null, value });
    const open = spells.at(-1);
    if (open?.to === null) spells[spells.length - 1] = { ...open, to: timeText(time) };
    const state = entered[kind];
    if (state !== undefined) spells.push({ state, from: timeText(time), to: null, value });
  }
  for (const { id, ruleId: of, labels, state, value, activeSince, firingSince } of await listInstances(
    catalog,
    project,
  )) {
    if (of !== ruleId || rows.has(id) || activeSince >= to) continue;
    const since = firingSince ?? activeSince;
    rowOf(id, labels).spells.push({ state, from: timeText(since < from ? from : since), to: null, value });
  }
  const gaps = events
    .filter(({ kind }) => kind === 'missed' || kind === 'error' || kind === 'no_data')
    .map(({ time, kind, reason }) => ({
      from: timeText(time),
      to: timeText(time),
      reason: reason === '' ? kind : reason,
    }));
  return { from: timeText(from), to: timeText(to), instances: [...rows.values()], gaps };
}
