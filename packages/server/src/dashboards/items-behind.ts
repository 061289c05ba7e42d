/** What a click on a line or a row opens: the runs, traces or log records that its number is of. */
import { ownValue } from '@sightline/base';
import type { ListBehind } from '@sightline/schema/api';
import { findBuiltinField, type FilterSignal, printField, printText } from '@sightline/schema/filter';
import type { Dimension, RuleSource, ValueQuery } from '@sightline/schema/rules';
import { namesOfModel } from '../query/agents/joined-models.ts';
import { type JoinedModels, noJoinedModels } from '../query/agents/model-names.ts';
import { labelName } from '../query/alerts/read-rule-values.ts';

type Labels = Readonly<Record<string, string>>;

const lists: Readonly<Record<RuleSource, ListBehind['list']>> = {
  runs: 'runs',
  scores: 'runs',
  calls: 'traces',
  spans: 'traces',
  logs: 'logs',
};

export const pageOfTrace = (traceId: string) => ({ path: `/traces/${encodeURIComponent(traceId)}` });

/** `joined`: the names that calls tell of a model, where the label is the one it is listed under. */
export function behindWords(
  query: Pick<ValueQuery, 'source' | 'filter' | 'by' | 'left'>,
  labels: Labels,
  joined: JoinedModels = noJoinedModels,
): ListBehind {
  const { source, filter, by, left } = query;
  const list = lists[source];
  const values = by.flatMap((dimension): [Dimension, string | undefined][] => [
    [dimension, labels[labelName(dimension)]],
  ]);
  const terms =
    source === 'scores'
      ? scoreTerms(values)
      : values.flatMap(([dimension, value]) => termOf(dimension, value, { source, joined }));
  const counted = left.type === 'count' || left.type === 'share' ? left.filter : '';
  const own = [filter, counted]
    .map(withoutAny)
    .filter((text) => text !== '')
    .map((text) => `(${text})`);
  const failed = left.type === 'failed' ? ['status:error'] : [];
  return { list, q: [...own, ...failed, ...terms].join(' ') };
}

/** Fields of lists whose names differ from that of the dimension. Of several, a sender uses one. */
const fieldsOfDimensions: Readonly<Record<string, readonly string[]>> = {
  version: ['resource.service.version'],
  environment: ['resource.deployment.environment.name', 'resource.deployment.environment'],
  workflow: ['trace.name'],
};

function termOf(
  dimension: Dimension,
  value: string | undefined,
  { source, joined }: { readonly source: RuleSource; readonly joined: JoinedModels },
): string[] {
  const signal: FilterSignal = source === 'logs' ? 'logs' : 'traces';
  const fields =
    dimension.type === 'attribute'
      ? [printField(dimension)]
      : (ownValue(fieldsOfDimensions, dimension.name) ??
        (findBuiltinField(signal, dimension.name) === undefined ? [] : [dimension.name]));
  // A call that lacks a field may stand beside one that has it: only of whole runs and of log records is the lack a condition of the list.
  if (value === undefined)
    return source === 'runs' || source === 'logs' ? fields.map((field) => `-${field}:*`) : [];
  const names =
    dimension.type === 'builtin' && dimension.name === 'model' ? namesOfModel(joined, value) : [value];
  const [only = value] = names;
  const values = names.length > 1 ? `(${names.map(printText).join(' OR ')})` : printText(only);
  const tests = fields.map((field) => `${field}:${values}`);
  return tests.length > 1 ? [`(${tests.join(' OR ')})`] : tests;
}

/** A score is a field of its runs. */
function scoreTerms(values: readonly (readonly [Dimension, string | undefined])[]): string[] {
  const of = (wanted: string): string | undefined => values.find(([{ name }]) => name === wanted)?.[1];
  const [name, label] = [of('name'), of('label')];
  const scores =
    name === undefined
      ? []
      : [
          `${printField({ source: 'any', name: `score.${name}` })}:${label === undefined ? '*' : printText(label)}`,
        ];
  const others = ['service', 'session', 'trace'].flatMap((field) => {
    const value = of(field);
    return value === undefined ? [] : [`${field}:${printText(value)}`];
  });
  return [...scores, ...others];
}

/** Variables of which all values are meant leave a `*` behind, which says nothing where conditions stand side by side. */
const withoutAny = (filter: string): string =>
  /["()]|\b(?:OR|NOT)\b/.test(filter)
    ? filter
    : filter
        .split(/\s+/)
        .filter((word) => word !== '*' && word !== '')
        .join(' ');

/** Labels of stored metrics, and columns of the tables, that spans have as fields. */
const fieldsOfLabels: Readonly<Record<string, string>> = {
  service_name: 'service',
  gen_ai_request_model: 'model',
  gen_ai_agent_name: 'agent',
  gen_ai_tool_name: 'tool',
  gen_ai_provider_name: 'provider',
  agent_name: 'agent',
  tool_name: 'tool',
  session_id: 'session',
  user_id: 'user',
  ...Object.fromEntries(
    [
      'service',
      'model',
      'request_model',
      'response_model',
      'agent',
      'tool',
      'provider',
      'operation',
      'session',
      'user',
    ].map((name) => [name, name]),
  ),
};

/** Conditions of lists that say the same as labels, as far as there are any; and of columns that have one of several values. */
export function termsOfLabels(
  labels: Readonly<Record<string, string | readonly string[]>>,
  signal: FilterSignal = 'traces',
): string[] {
  return Object.entries(labels).flatMap(([label, value]) => {
    const values = typeof value === 'string' ? [value] : value;
    // As senders write it: 2 is an error.
    if (label === 'status_code' && signal === 'traces')
      return values.length === 1 && values[0] === '2' ? ['status:error'] : [];
    const field = Object.hasOwn(fieldsOfLabels, label) ? fieldsOfLabels[label] : undefined;
    if (field === undefined || findBuiltinField(signal, field) === undefined) return [];
    if (values.length === 0 || values.includes('')) return [];
    const [only = ''] = values;
    return [`${field}:${values.length === 1 ? printText(only) : `(${values.map(printText).join(' OR ')})`}`];
  });
}
