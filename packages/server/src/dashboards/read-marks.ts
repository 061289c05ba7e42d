/** What is drawn into panels over time beside their numbers: versions that began to run, and when alerts fired. */
import type { DashboardMarksResponse } from '@sightline/schema/api';
import { timeText } from '../alerts/describe-alerts.ts';
import { spellsOf } from '../alerts/rule-timeline.ts';
import { listEvents, listInstances } from '../catalog/alert-instances.ts';
import { listAlertRules } from '../catalog/alert-rules.ts';
import type { SqlRunner } from '../catalog/catalog-database.ts';
import { listDeploys } from '../catalog/deploys.ts';
import type { QueryContext } from '../query/reader.ts';
import type { TimeRange } from '../query/time-range.ts';

const eventsMax = 5_000;
/** A chart with more of them shows nothing else. */
const shownMax = 200;
/** An alert that began to fire this long before the range, and ended after it, is not drawn. */
const lookBackMs = 7 * 86_400_000;

type FiringSpan = DashboardMarksResponse['alerts'][number];

export async function readMarks(
  { catalog, project }: Pick<QueryContext, 'project'> & { readonly catalog: SqlRunner },
  range: TimeRange,
): Promise<DashboardMarksResponse> {
  const [from, to] = [range.from, range.to].map((nanos) => new Date(Number(nanos / 1_000_000n))) as [
    Date,
    Date,
  ];
  const deploys = await listDeploys(catalog, { project, from, to });
  const since = new Date(from.getTime() - lookBackMs);
  const events = await listEvents(catalog, { project, from: since, to, limit: eventsMax });
  const severityOf = new Map(events.map(({ ruleId, severity }) => [ruleId, severity]));
  const rules = new Map((await listAlertRules(catalog, project)).map((each) => [each.id, each.rule]));
  const names = new Map(events.map(({ ruleId, rule }) => [ruleId, rule]));
  const instances = await listInstances(catalog, project);
  const alerts = spellsOf({ events: events.toReversed(), instances, from: since, to })
    .flatMap(({ ruleId, labels, spells }) =>
      firingSpans(spells).map((span): FiringSpan => {
        const rule = rules.get(ruleId);
        return {
          ruleId,
          rule: rule?.name ?? names.get(ruleId) ?? '',
          severity: rule?.severity ?? severityOf.get(ruleId) ?? 'warning',
          labels,
          ...span,
        };
      }),
    )
    .filter((span) => span.to === null || span.to > timeText(from))
    .map((span) => (span.from < timeText(from) ? { ...span, from: timeText(from) } : span))
    .toSorted((a, b) => (a.from < b.from ? 1 : -1));
  return {
    deploys: deploys.slice(0, shownMax).map(({ service, version, time, note }) => ({
      service,
      version,
      time: timeText(time),
      note,
    })),
    alerts: alerts.slice(0, shownMax),
    isCut: deploys.length > shownMax || alerts.length > shownMax || events.length === eventsMax,
  };
}

/** What recovers still fires. */
function firingSpans(
  spells: ReturnType<typeof spellsOf>[number]['spells'],
): Pick<FiringSpan, 'from' | 'to'>[] {
  const spans: Pick<FiringSpan, 'from' | 'to'>[] = [];
  for (const { state, from, to } of spells) {
    if (state === 'pending') continue;
    const last = spans.at(-1);
    if (last?.to === from) spans[spans.length - 1] = { from: last.from, to };
    else spans.push({ from, to });
  }
  return spans;
}
