import type { rangeFrom, ruleTimelineResponse } from '@sightline/schema/api';
import type { z } from 'zod';
import {
  listEvents,
  listInstances,
  type StoredEvent,
  type StoredInstance,
} from '../catalog/alert-instances.ts';
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
  const instances = (await listInstances(catalog, project)).filter((each) => each.ruleId === ruleId);
  const rows = spellsOf({ events, instances, from, to });
  const gaps = events
    .filter(({ kind }) => kind === 'missed' || kind === 'error' || kind === 'no_data')
    .map(({ time, kind, reason }) => ({
      from: timeText(time),
      to: timeText(time),
      reason: reason === '' ? kind : reason,
    }));
  return {
    from: timeText(from),
    to: timeText(to),
    instances: rows.map(({ instanceId, labels, spells }) => ({ instanceId, labels, spells })),
    gaps,
  };
}

interface InstanceSpells extends Row {
  readonly ruleId: string;
}

/** In which state each label set was when. `events` are those of the range, the oldest first. */
export function spellsOf({
  events,
  instances,
  from,
  to,
}: {
  readonly events: readonly StoredEvent[];
  readonly instances: readonly StoredInstance[];
  readonly from: Date;
  readonly to: Date;
}): readonly InstanceSpells[] {
  const rows = new Map<string, InstanceSpells>();
  const rowOf = (instanceId: string, ruleId: string, labels: StoredEvent['labels']): InstanceSpells => {
    const row = rows.get(instanceId) ?? { instanceId, ruleId, labels: { ...labels }, spells: [] };
    rows.set(instanceId, row);
    return row;
  };
  for (const { instanceId, ruleId, labels, kind, time, value } of events) {
    if (instanceId === null || !(kind in entered || kind in left)) continue;
    const { spells } = rowOf(instanceId, ruleId, labels);
    const before = left[kind];
    if (spells.length === 0 && before !== undefined)
      spells.push({ state: before, from: timeText(from), to: null, value });
    const open = spells.at(-1);
    if (open?.to === null) spells[spells.length - 1] = { ...open, to: timeText(time) };
    const state = entered[kind];
    if (state !== undefined) spells.push({ state, from: timeText(time), to: null, value });
  }
  for (const { id, ruleId, labels, state, value, activeSince, firingSince } of instances) {
    if (rows.has(id) || activeSince >= to) continue;
    const since = firingSince ?? activeSince;
    const spell = { state, from: timeText(since < from ? from : since), to: null, value };
    rowOf(id, ruleId, labels).spells.push(spell);
  }
  return [...rows.values()];
}
