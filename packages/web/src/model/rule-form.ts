/** A rule as it stands in the form, where every field is text, and as the API takes it. */
import type { AlertRule, AlertRuleInput, AlertSeverity, OutagePolicy, RuleKind } from '@sightline/schema/api';

export interface RuleDraft {
  readonly name: string;
  readonly kind: RuleKind;
  readonly query: string;
  readonly condition: string;
  readonly window: string;
  readonly interval: string;
  readonly forDuration: string;
  readonly keepFiring: string;
  readonly severity: AlertSeverity;
  readonly noData: OutagePolicy;
  readonly onError: OutagePolicy;
  readonly summary: string;
  readonly runbookUrl: string;
  /** `team=api tier=1` */
  readonly labels: string;
  readonly enabled: boolean;
}

export const newRuleDraft: RuleDraft = {
  name: '',
  kind: 'sightline',
  query: '',
  condition: '',
  window: '5m',
  interval: '1m',
  forDuration: '0s',
  keepFiring: '0s',
  severity: 'warning',
  noData: 'keep',
  onError: 'keep',
  summary: '',
  runbookUrl: '',
  labels: '',
  enabled: true,
};

export function draftOfRule(rule: AlertRule): RuleDraft {
  return {
    name: rule.name,
    kind: rule.kind,
    query: rule.query,
    condition: rule.condition,
    window: durationText(rule.windowS),
    interval: durationText(rule.intervalS),
    forDuration: durationText(rule.forS),
    keepFiring: durationText(rule.keepFiringS),
    severity: rule.severity,
    noData: rule.noData.policy,
    onError: rule.onError.policy,
    summary: rule.annotations.summary,
    runbookUrl: rule.annotations.runbookUrl,
    labels: Object.entries(rule.labels)
      .map(([name, value]) => `${name}=${/[\s"=]/.test(value) ? JSON.stringify(value) : value}`)
      .join(' '),
    enabled: rule.enabled,
  };
}

export type ReadRule = { readonly rule: AlertRuleInput } | { readonly problem: string };

/** `before` keeps what the form does not show: description, inhibitions, group, delays, the limit. */
export function readRuleDraft(draft: RuleDraft, before?: AlertRule): ReadRule {
  const durations = {
    windowS: draft.window,
    intervalS: draft.interval,
    forS: draft.forDuration,
    keepFiringS: draft.keepFiring,
  };
  const seconds: Record<keyof typeof durations, number> = {
    windowS: 0,
    intervalS: 0,
    forS: 0,
    keepFiringS: 0,
  };
  for (const [name, text] of Object.entries(durations) as [keyof typeof durations, string][]) {
    const read = secondsOf(text);
    if (read === undefined) return { problem: `"${text}" is not a duration. Write 30s, 5m, 2h or 1d.` };
    seconds[name] = read;
  }
  const labels = readLabels(draft.labels);
  if (labels === undefined) return { problem: 'Write labels as name=value, with spaces between them.' };
  if (draft.name.trim() === '') return { problem: 'Give the rule a name.' };
  if (draft.query.trim() === '') return { problem: 'Write what the rule looks at.' };
  return {
    rule: {
      ...seconds,
      name: draft.name.trim(),
      description: before?.description ?? '',
      enabled: draft.enabled,
      kind: draft.kind,
      query: draft.query,
      condition: draft.kind === 'sightline' ? '' : draft.condition,
      delayS: before?.delayS ?? null,
      limit: before?.limit ?? 0,
      noData: { policy: draft.noData, forS: before?.noData.forS ?? 0 },
      onError: { policy: draft.onError, forS: before?.onError.forS ?? 0 },
      severity: draft.severity,
      labels,
      annotations: {
        summary: draft.summary,
        description: before?.annotations.description ?? '',
        runbookUrl: draft.runbookUrl.trim(),
        other: before?.annotations.other ?? {},
      },
      inhibitedBy: before?.inhibitedBy ?? [],
      record: before?.record ?? '',
      group: before?.group ?? '',
    },
  };
}

const unitSeconds = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const;

/** `90s`, `1h30m`; undefined where it is no duration. */
export function secondsOf(text: string): number | undefined {
  const compact = text.replaceAll(' ', '');
  if (!/^(?:\d+[smhdw])+$/.test(compact)) return compact === '0' ? 0 : undefined;
  let sum = 0;
  for (const [, count, unit] of compact.matchAll(/(\d+)([smhdw])/g))
    sum += Number(count) * unitSeconds[unit as keyof typeof unitSeconds];
  return sum;
}

/** The largest unit that says it exactly. */
export function durationText(seconds: number): string {
  const unit = (['w', 'd', 'h', 'm'] as const).find((one) => seconds > 0 && seconds % unitSeconds[one] === 0);
  return unit === undefined ? `${seconds}s` : `${seconds / unitSeconds[unit]}${unit}`;
}

/** `team=api tier="1 or 2"`; undefined where it cannot be read. */
export function readLabels(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  const rest = text.replace(
    /([A-Za-z_][\w.]*)=("(?:[^"\\]|\\.)*"|[^\s"]*)/g,
    (_, name: string, value: string) => {
      labels[name] = value.startsWith('"') ? (JSON.parse(value) as string) : value;
      return '';
    },
  );
  return rest.trim() === '' ? labels : undefined;
}
