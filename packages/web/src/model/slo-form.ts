/** SLOs as they stand in the form, where every field is text. */
import type { Slo, SloIndicator, SloInput } from '@sightline/schema/api';
import { readLabels, secondsOf, durationText } from './rule-form.ts';

export type SloKind = SloIndicator['kind'];

export interface SloField {
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly isOptional?: true;
  readonly isWide?: true;
  readonly choices?: readonly string[];
  readonly initial?: string;
  readonly type?: 'number' | 'duration';
}

const whereField: SloField = {
  name: 'where',
  label: 'Only those with',
  isOptional: true,
  isWide: true,
  placeholder: 'service:api',
};
const of = (choices: readonly string[]): SloField => ({ name: 'of', label: 'Of', choices, initial: 'runs' });

export const sloKinds: readonly {
  readonly kind: SloKind;
  readonly label: string;
  readonly fields: readonly SloField[];
}[] = [
  {
    kind: 'availability',
    label: 'They succeed',
    fields: [
      of(['runs', 'calls', 'spans', 'logs']),
      whereField,
      {
        name: 'bad',
        label: 'Bad are',
        isOptional: true,
        isWide: true,
        placeholder: 'those that failed, or a filter: status:error',
      },
    ],
  },
  {
    kind: 'latency',
    label: 'They are fast',
    fields: [
      of(['runs', 'calls', 'spans']),
      whereField,
      { name: 'measure', label: 'Time', choices: ['duration', 'ttft'], initial: 'duration' },
      { name: 'withinMs', label: 'At most, ms', type: 'number', initial: '2000' },
    ],
  },
  {
    kind: 'quality',
    label: 'They are good',
    fields: [
      { ...whereField, label: 'Only traces with' },
      { name: 'good', label: 'Good scores', isWide: true, placeholder: 'score.groundedness>=0.7' },
    ],
  },
  {
    kind: 'freshness',
    label: 'They keep coming',
    fields: [
      of(['runs', 'calls', 'spans', 'logs', 'scores']),
      whereField,
      { name: 'maxAgeS', label: 'At most so old', type: 'duration', initial: '10m' },
    ],
  },
  {
    kind: 'promql',
    label: 'Metrics (PromQL)',
    fields: [
      {
        name: 'total',
        label: 'All events a second',
        isOptional: true,
        isWide: true,
        placeholder: 'sum(rate(http_requests_total[$window]))',
      },
      { name: 'good', label: 'Good ones', isOptional: true, isWide: true },
      { name: 'bad', label: 'or bad ones', isOptional: true, isWide: true },
      { name: 'badShare', label: 'or the share of bad ones alone', isOptional: true, isWide: true },
    ],
  },
];

export const alertChoices: readonly { readonly value: SloInput['alerts']; readonly label: string }[] = [
  { value: 'page_and_ticket', label: 'Page and ticket' },
  { value: 'page', label: 'Page' },
  { value: 'ticket', label: 'Ticket' },
  { value: 'none', label: 'None' },
];

export interface SloDraft {
  readonly kind: SloKind;
  readonly name: string;
  /** In percent. */
  readonly objective: string;
  readonly values: Readonly<Record<string, string>>;
  /** `28d`, or a calendar unit. */
  readonly window: string;
  readonly alerts: SloInput['alerts'];
  readonly labels: string;
  readonly badEventsMin: string;
}

export const windowChoices = ['7d', '28d', '30d', '90d', 'week', 'month', 'quarter'] as const;

export function newSloDraft(kind: SloKind): SloDraft {
  return {
    kind,
    name: '',
    objective: '99',
    values: Object.fromEntries(fieldsOf(kind).map(({ name, initial = '' }) => [name, initial])),
    window: '28d',
    alerts: 'page_and_ticket',
    labels: '',
    badEventsMin: '10',
  };
}

export function draftOfSlo(slo: Slo): SloDraft {
  const { kind, ...rest } = slo.indicator;
  const given: Readonly<Record<string, string | number | undefined>> = rest;
  return {
    kind,
    name: slo.name,
    objective: String(Number((slo.objective * 100).toPrecision(12))),
    values: Object.fromEntries(
      fieldsOf(kind).map(({ name, type }) => {
        const value = given[name];
        return [
          name,
          value === undefined ? '' : type === 'duration' ? durationText(Number(value)) : String(value),
        ];
      }),
    ),
    window: slo.window.kind === 'rolling' ? `${slo.window.days}d` : slo.window.unit,
    alerts: slo.alerts,
    labels: Object.entries(slo.labels)
      .map(([name, text]) => `${name}=${/^[^\s"]+$/.test(text) ? text : JSON.stringify(text)}`)
      .join(' '),
    badEventsMin: String(slo.badEventsMin),
  };
}

/** The server checks what the values are. */
export function readSloDraft(
  draft: SloDraft,
  before: Slo | undefined,
): { readonly slo: SloInput } | { readonly problem: string } {
  const objective = Number(draft.objective) / 100;
  if (!(objective > 0 && objective < 1))
    return { problem: `"${draft.objective}" is no objective. Write a percentage such as 99.9.` };
  const labels = readLabels(draft.labels);
  if (labels === undefined) return { problem: 'Labels are written name=value, with spaces between.' };
  const indicator: Record<string, unknown> = { kind: draft.kind };
  for (const { name, label, isOptional, type } of fieldsOf(draft.kind)) {
    const text = (draft.values[name] ?? '').trim();
    if (text === '') {
      if (isOptional !== true) return { problem: `"${label}" is empty.` };
      continue;
    }
    const value = type === 'duration' ? secondsOf(text) : type === 'number' ? Number(text) : text;
    if (value === undefined || Number.isNaN(value))
      return { problem: `"${text}" is not right for "${label}".` };
    indicator[name] = value;
  }
  return {
    slo: {
      name: draft.name.trim(),
      description: before?.description ?? '',
      objective: Number(objective.toPrecision(12)),
      indicator: indicator as SloIndicator,
      window: readWindow(draft.window, before),
      alerts: draft.alerts,
      badEventsMin: Number(draft.badEventsMin),
      eventsMin: before?.eventsMin ?? 10,
      labels,
      runbookUrl: before?.runbookUrl ?? '',
    },
  };
}

function readWindow(text: string, before: Slo | undefined): SloInput['window'] {
  const timeZone = before?.window.kind === 'calendar' ? before.window.timeZone : ownTimeZone();
  if (text === 'week' || text === 'month' || text === 'quarter')
    return { kind: 'calendar', unit: text, timeZone };
  return { kind: 'rolling', days: Number.parseInt(text, 10) };
}

const ownTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

function fieldsOf(kind: SloKind): readonly SloField[] {
  return sloKinds.find((each) => each.kind === kind)?.fields ?? [];
}
