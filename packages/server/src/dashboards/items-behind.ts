/** What a click on a line or a row opens: the runs, traces or log records that its number is of. */
import type { PanelData } from '@sightline/schema/api';
import { findBuiltinField, type FilterSignal, printField, printText } from '@sightline/schema/filter';
import type { RuleSource, ValueQuery } from '@sightline/schema/rules';
import { type JoinedModels, namesOfModel, noJoinedModels } from '../query/agents/joined-models.ts';
import { labelName } from '../query/alerts/read-rule-values.ts';

type Behind = PanelData['series'][number]['behind'];
type Labels = Readonly<Record<string, string>>;

const lists: Readonly<Record<RuleSource, NonNullable<Behind>['list']>> = {
  runs: 'runs',
  scores: 'runs',
  calls: 'traces',
  spans: 'traces',
  logs: 'logs',
};

/** `joined`: the names that calls tell of a model, where the label is the one it is listed under. */
export function behindWords(
  query: Pick<ValueQuery, 'source' | 'filter' | 'by' | 'left'>,
  labels: Labels,
  joined: JoinedModels = noJoinedModels,
): Behind {
  const { source, filter, by, left } = query;
  const list = lists[source];
  const signal: FilterSignal = list === 'logs' ? 'logs' : 'traces';
  const terms = by.flatMap((dimension) => {
    const value = labels[labelName(dimension)];
    if (value === undefined) return [];
    if (dimension.type === 'attribute') return [`${printField(dimension)}:${printText(value)}`];
    if (findBuiltinField(signal, dimension.name) === undefined) return [];
    const names = dimension.name === 'model' ? namesOfModel(joined, value) : [value];
    const [only = value] = names;
    return [
      names.length > 1
        ? `${dimension.name}:(${names.map(printText).join(' OR ')})`
        : `${dimension.name}:${printText(only)}`,
    ];
  });
  const counted = left.type === 'count' || left.type === 'share' ? left.filter : '';
  const own = [filter, counted]
    .map(withoutAny)
    .filter((text) => text !== '')
    .map((text) => `(${text})`);
  const failed = left.type === 'failed' ? ['status:error'] : [];
  return { list, q: [...own, ...failed, ...terms].join(' ') };
}

/** Variables of which all values are meant leave a `*` behind, which says nothing where conditions stand side by side. */
const withoutAny = (filter: string): string =>
  /["()]|\b(?:OR|NOT)\b/.test(filter)
    ? filter
    : filter
        .split(/\s+/)
        .filter((word) => word !== '*' && word !== '')
        .join(' ');

/** Labels of stored metrics that spans have as well. */
const fieldsOfLabels: Readonly<Record<string, string>> = {
  service_name: 'service',
  gen_ai_request_model: 'model',
  gen_ai_agent_name: 'agent',
  gen_ai_tool_name: 'tool',
  gen_ai_provider_name: 'provider',
};

export function behindLabels(labels: Labels): Behind {
  const terms = Object.entries(labels).flatMap(([label, value]) => {
    const field = fieldsOfLabels[label];
    return field === undefined || value === '' ? [] : [`${field}:${printText(value)}`];
  });
  return terms.length === 0 ? null : { list: 'traces', q: terms.join(' ') };
}
