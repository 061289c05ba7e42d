/** Files of Sloth (`version: prometheus/v1`) and its Kubernetes form (`sloth.slok.dev/v1`, PrometheusServiceLevel). */
import { z } from 'zod';
import {
  type DraftSlo,
  issuesText,
  type ReadDocuments,
  percentOfGood,
  shareOfPercent,
  type SloProblem,
  type YamlDocument,
} from './slo-documents.ts';

const alert = z
  .looseObject({
    disable: z.boolean().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  })
  .prefault({});

const slothSlo = z.looseObject({
  name: z.string(),
  objective: percentOfGood,
  description: z.string().default(''),
  labels: z.record(z.string(), z.string()).default({}),
  sli: z.looseObject({
    events: z.looseObject({ errorQuery: z.string(), totalQuery: z.string() }).optional(),
    raw: z.looseObject({ errorRatioQuery: z.string() }).optional(),
    plugin: z.unknown().optional(),
  }),
  alerting: z
    .looseObject({
      annotations: z.record(z.string(), z.string()).default({}),
      labels: z.record(z.string(), z.string()).default({}),
      pageAlert: alert,
      ticketAlert: alert,
    })
    .prefault({}),
});

const slothFile = z.looseObject({
  service: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
  slos: z.array(slothSlo),
});

/** Windows of Sloth are 30 days where nothing else is told to its program. */
const days = 30;

export function readSloth(documents: readonly YamlDocument[]): ReadDocuments {
  const drafts: DraftSlo[] = [];
  const problems: SloProblem[] = [];
  const notes: string[] = [];
  for (const { place, value } of documents) {
    const kubernetes = z.looseObject({ spec: z.unknown() }).safeParse(value);
    const spec = kubernetes.success && kubernetes.data.spec !== undefined ? kubernetes.data.spec : value;
    const file = slothFile.safeParse(camelKeys(spec));
    if (!file.success) {
      problems.push({ place, message: issuesText(file.error), hint: 'The file is read as one of Sloth.' });
      continue;
    }
    const { service, labels, slos } = file.data;
    for (const slo of slos) {
      const name = `${service} ${slo.name}`;
      const { events, raw } = slo.sli;
      if (events === undefined && raw === undefined) {
        problems.push({
          place: `${place}, ${slo.name}`,
          message: 'Its indicator comes from a plugin of Sloth.',
          hint: 'Write the expressions: "events" or "raw".',
        });
        continue;
      }
      const { pageAlert, ticketAlert, annotations, labels: ofAlerts } = slo.alerting;
      const isPage = pageAlert.disable !== true;
      const isTicket = ticketAlert.disable !== true;
      if (Object.keys({ ...pageAlert.labels, ...ticketAlert.labels }).length > 0)
        notes.push(
          `${name}: labels of the page or ticket alone are not taken over; \`severity\` tells them apart.`,
        );
      drafts.push({
        place: `${place}, ${slo.name}`,
        slo: {
          name,
          description: slo.description,
          objective: shareOfPercent(slo.objective),
          indicator:
            events === undefined
              ? { kind: 'promql', badShare: windowed(raw?.errorRatioQuery ?? '') }
              : { kind: 'promql', bad: windowed(events.errorQuery), total: windowed(events.totalQuery) },
          window: { kind: 'rolling', days },
          alerts: isPage ? (isTicket ? 'page_and_ticket' : 'page') : isTicket ? 'ticket' : 'none',
          // Sloth fires however few events there are.
          badEventsMin: 0,
          eventsMin: 0,
          labels: { service, ...labels, ...slo.labels, ...ofAlerts },
          runbookUrl: annotations['runbook'] ?? annotations['runbook_url'] ?? '',
        },
      });
    }
  }
  return { drafts, problems, notes };
}

const windowed = (query: string): string => query.trim().replaceAll(/\{\{\s*\.window\s*\}\}/g, '$window');

/** `error_query` of the file and `errorQuery` of Kubernetes are one; names below `labels` and `annotations` are left as they are. */
function camelKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase()),
      name === 'labels' || name === 'annotations' ? each : camelKeys(each),
    ]),
  );
}
