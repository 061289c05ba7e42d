import type { AlertRuleInput } from '@sightline/schema/api';
import { parseRule, printValue } from '@sightline/schema/rules';
import { type PinnedChart, pinOfSlo, pinOfValue } from './pinned-chart.ts';

/** What a rule watches, without its condition, as a panel. Undefined where that is no value over time: rules of rules, and SQL. */
export function pinOfRule({
  kind,
  name,
  query,
}: Pick<AlertRuleInput, 'kind' | 'name' | 'query'>): PinnedChart | undefined {
  if (kind === 'promql') {
    const value = /^(.*\S)\s*(?:[=!><]=|[><])\s*(?:bool\s+)?[-+]?[\d.]+(?:e[-+]?\d+)?$/is.exec(
      query.trim(),
    )?.[1];
    return value === undefined ? undefined : pinOfValue({ kind, name, value });
  }
  if (kind !== 'sightline') return undefined;
  const read = parseRule(query);
  if (!read.ok || read.value.type === 'compound') return undefined;
  if (read.value.type === 'burn') return pinOfSlo(read.value.slo);
  return pinOfValue({ kind, name, value: printValue(read.value.query) });
}
