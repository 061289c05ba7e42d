/** In which state alerts were when, from the history and from what is there now, for PromQL's `ALERTS`. */
import { listEvents, listInstances } from '../catalog/alert-instances.ts';
import { listAlertRules } from '../catalog/alert-rules.ts';
import type { SqlRunner } from '../catalog/catalog-database.ts';
import type { AlertSpell, AlertSpells } from '../query/prometheus/alert-series.ts';
import { labelsOfAlert } from './compiled-rule.ts';
import { spellsOf } from './rule-timeline.ts';

/** The largest number of events that one question reads. */
const eventsMax = 20_000;
/** Events are read from so long before the range. An older alert without any event since then is found only while it still lasts. */
const lookBackMs = 7 * 86_400_000;
/** The interval that is assumed for a rule that was deleted. */
const intervalMsOtherwise = 60_000;

export function alertSpells(db: SqlRunner, project: string): AlertSpells {
  return async ({ fromMs, toMs }) => {
    const from = new Date(Math.max(0, fromMs - lookBackMs));
    // What happens at the end belongs to it.
    const to = new Date(Math.max(0, toMs) + 1);
    const events = await listEvents(db, { project, from, to, limit: eventsMax + 1, order: 'ASC' });
    if (events.length > eventsMax) return undefined;
    const instances = await listInstances(db, project);
    if (events.length === 0 && instances.length === 0) return [];
    const rules = new Map((await listAlertRules(db, project)).map((rule) => [rule.id, rule]));
    const living = new Map(instances.map((instance) => [instance.id, instance]));
    return spellsOf({ events, instances, from, to }).flatMap(({ instanceId, ruleId, labels, spells }) => {
      const rule = rules.get(ruleId);
      const instance = living.get(instanceId);
      const intervalMs = rule === undefined ? intervalMsOtherwise : rule.rule.intervalS * 1000;
      const own = rule === undefined || instance === undefined ? labels : labelsOfAlert(rule, instance);
      let activeSinceMs = 0;
      let endedMs: number | null = null;
      return spells.flatMap(({ state, from: began, to: ended }): AlertSpell[] => {
        const beganMs = Date.parse(began);
        if (beganMs !== endedMs) activeSinceMs = beganMs;
        endedMs = ended === null ? null : Date.parse(ended);
        if (endedMs === null && instance !== undefined) activeSinceMs = instance.activeSince.getTime();
        if (endedMs !== null && endedMs <= fromMs) return [];
        return [
          {
            labels: own,
            state: state === 'pending' ? 'pending' : 'firing',
            fromMs: beganMs,
            toMs: endedMs,
            activeSinceMs,
            intervalMs,
          },
        ];
      });
    });
  };
}
