import { alertRuleInput, type AlertRuleInput } from '@sightline/schema/api';
import { printDuration } from '@sightline/schema/rules';
import { stringify } from 'yaml';

interface Exported {
  readonly format: 'prometheus' | 'sightline';
  readonly text: string;
  /** Names of rules that the format cannot hold. */
  readonly left: string[];
}

/** Files that `import` reads to the same rules. */
export function exportRules(rules: readonly AlertRuleInput[], format: 'prometheus' | 'sightline'): Exported {
  if (format === 'sightline')
    return { format, text: stringify({ rules: rules.map(withoutDefaults) }, { lineWidth: 0 }), left: [] };
  const fits = rules.filter(
    ({ kind, condition, enabled }) => kind === 'promql' && condition.trim() === '' && enabled,
  );
  const groups = Map.groupBy(fits, ({ group, intervalS, delayS }) =>
    JSON.stringify([group, intervalS, delayS ?? 0]),
  );
  const names = new Set<string>();
  const written = [...groups.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const { group, intervalS, delayS } = first;
    const base = group === '' ? 'sightline' : group;
    let name = base;
    for (let number = 2; names.has(name); number++) name = `${base} ${number}`;
    names.add(name);
    return [
      {
        name,
        ...(intervalS === 60 ? {} : { interval: printDuration(intervalS) }),
        ...((delayS ?? 0) === 0 ? {} : { query_offset: printDuration(delayS ?? 0) }),
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
  const told = {
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
    ...filled('annotations', told),
  };
}

function filled(name: string, values: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.keys(values).length === 0 ? {} : { [name]: values };
}

/** What is said by saying nothing is left out. */
function withoutDefaults(rule: AlertRuleInput): Record<string, unknown> {
  const plain = alertRuleInput.parse({ name: rule.name, query: rule.query });
  const names = Object.keys(rule) as (keyof AlertRuleInput)[];
  return Object.fromEntries(
    names
      .filter(
        (name) =>
          name === 'name' || name === 'query' || JSON.stringify(rule[name]) !== JSON.stringify(plain[name]),
      )
      .map((name) => [name, rule[name]]),
  );
}
