import { alertRoute, type AlertRoute, alertRuleInput, type AlertRuleInput } from '@sightline/schema/api';
import { printDuration } from '@sightline/schema/rules';
import { stringify } from 'yaml';
import type { StoredSilence } from '../../catalog/alert-silences.ts';
import type { StoredChannel } from '../../catalog/channels.ts';

interface Exported {
  readonly format: 'prometheus' | 'sightline';
  readonly text: string;
  /** Names of rules that the format cannot hold. */
  readonly left: string[];
}

/** Files that `import` reads to the same rules. */
export function exportRules(rules: readonly AlertRuleInput[], format: 'prometheus' | 'sightline'): Exported {
  if (format === 'sightline') return ours({ rules: rules.map(withoutRuleDefaults) });
  const fits = rules.filter(
    ({ kind, condition, enabled }) => kind === 'promql' && condition.trim() === '' && enabled,
  );
  const groups = Map.groupBy(fits, ({ group, intervalS, delayS, limit }) =>
    JSON.stringify([group, intervalS, delayS ?? 0, limit]),
  );
  const names = new Set<string>();
  const written = [...groups.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const { group, intervalS, delayS, limit } = first;
    const base = group === '' ? 'sightline' : group;
    let name = base;
    for (let number = 2; names.has(name); number++) name = `${base} ${number}`;
    names.add(name);
    return [
      {
        name,
        ...(intervalS === 60 ? {} : { interval: printDuration(intervalS) }),
        ...((delayS ?? 0) === 0 ? {} : { query_offset: printDuration(delayS ?? 0) }),
        ...(limit === 0 ? {} : { limit }),
        rules: some.map(toPrometheus),
      },
    ];
  });
  return {
    format,
    text: stringify({ groups: written }, { lineWidth: 0 }),
    left: rules.filter((rule) => !fits.includes(rule)).map(({ name }) => name),
  };
}

const ours = (part: object): Exported => ({
  format: 'sightline',
  text: stringify(part, { lineWidth: 0 }),
  left: [],
});

/** With the names of channels, which are the same on another server. */
export function exportRoutes(routes: readonly AlertRoute[], channels: readonly StoredChannel[]): Exported {
  const nameOf = (channel: string): string => channels.find(({ id }) => id === channel)?.name ?? channel;
  return ours({
    routes: routes.map((route) =>
      withoutDefaults(
        { ...route, channels: route.channels.map(nameOf) },
        { plain: alertRoute.parse({ name: route.name, channels: [] }), always: ['name', 'channels'] },
      ),
    ),
  });
}

/** Those that are or will be. */
export function exportSilences(silences: readonly StoredSilence[]): Exported {
  return ours({
    silences: silences
      .filter(({ state }) => state !== 'expired')
      .map(({ matchers, startsAt, endsAt, who, comment }) => ({
        matchers,
        startsAt: startsAt.toISOString(),
        endsAt: endsAt.toISOString(),
        ...(who === '' ? {} : { who }),
        ...(comment === '' ? {} : { comment }),
      })),
  });
}

function toPrometheus({
  name,
  query,
  record,
  forS,
  keepFiringS,
  severity,
  labels: { alertname, ...labels },
  annotations,
}: AlertRuleInput): Record<string, unknown> {
  const { summary, description, runbookUrl, other } = annotations;
  if (record !== '') return { record, expr: query, ...filled('labels', labels) };
  const described = {
    ...(summary === '' ? {} : { summary }),
    ...(description === '' ? {} : { description }),
    ...(runbookUrl === '' ? {} : { runbook_url: runbookUrl }),
    ...other,
  };
  return {
    alert: alertname ?? name,
    expr: query,
    ...(forS === 0 ? {} : { for: printDuration(forS) }),
    ...(keepFiringS === 0 ? {} : { keep_firing_for: printDuration(keepFiringS) }),
    labels: { severity, ...labels },
    ...filled('annotations', described),
  };
}

function filled(name: string, values: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.keys(values).length === 0 ? {} : { [name]: values };
}

function withoutRuleDefaults(rule: AlertRuleInput): Record<string, unknown> {
  const plain = alertRuleInput.parse({ name: rule.name, query: rule.query });
  return withoutDefaults(rule, { plain, always: ['name', 'query'] });
}

/** What is said by saying nothing is left out. */
function withoutDefaults<T extends object>(
  value: T,
  { plain, always }: { readonly plain: T; readonly always: readonly (keyof T)[] },
): Record<string, unknown> {
  const names = Object.keys(value) as (keyof T & string)[];
  return Object.fromEntries(
    names
      .filter((name) => always.includes(name) || JSON.stringify(value[name]) !== JSON.stringify(plain[name]))
      .map((name) => [name, value[name]]),
  );
}
