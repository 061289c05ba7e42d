import { completeFilter, printField, printText } from '@sightline/schema/filter';
import { useQuery } from '@tanstack/react-query';
import { facetsQuery, fieldsQuery, type SearchSignal } from '../api/queries.ts';
import { formatCount } from '@sightline/base';
import type { TimeRange } from '../model/time-range.ts';

export interface Suggestion {
  readonly label: string;
  readonly detail: string;
  /** Replaces the text from `start` to `end`. */
  readonly insert: string;
  readonly start: number;
  readonly end: number;
}

interface Editing {
  readonly signal: SearchSignal | 'metrics';
  readonly range: TimeRange;
  readonly draft: string;
  /** Undefined while nobody types. */
  readonly caret: number | undefined;
}

export interface Suggestions {
  readonly items: readonly Suggestion[];
  /** How many there are, where not all are shown. */
  readonly rest: string | undefined;
}

const shownMax = 10;
const valuesMax = 100;

/** What people filter by first; other fields keep the order in which the server tells them. */
const firstFields: readonly string[] = [
  'agent',
  'model',
  'status',
  'cost',
  'duration',
  'user',
  'tool',
  'session',
  'service',
  'operation',
];

/** Fields that hardly have a value twice: steps to compare with. */
const amounts: Readonly<Record<string, readonly string[]>> = {
  duration: ['100ms', '1s', '5s', '30s', '2m'],
  ttft: ['500ms', '1s', '2s', '5s'],
  cost: ['0.001', '0.01', '0.1', '1'],
  'trace.duration': ['1s', '5s', '30s', '2m'],
  'trace.cost': ['0.01', '0.1', '1'],
};

function rank(field: string): number {
  const place = firstFields.indexOf(field);
  return place === -1 ? firstFields.length : place;
}

/** Names and values that exist in the data of this range, for the word under the caret. */
export function useSuggestions({ signal, range, draft, caret }: Editing): Suggestions {
  const place = caret === undefined ? undefined : completeFilter(draft, caret);
  const fields = useQuery({
    ...fieldsQuery({ signal, ...range, prefix: place?.type === 'field' ? place.prefix : '' }),
    enabled: place?.type === 'field',
  });
  const field = place?.type === 'value' ? printField(place.field) : '';
  const values = useQuery({
    ...facetsQuery(
      {
        signal: signal === 'metrics' ? 'spans' : signal,
        ...range,
        q: undefined,
        fields: field,
        limit: valuesMax,
      },
      0,
    ),
    enabled: place?.type === 'value' && signal !== 'metrics' && amounts[field] === undefined,
  });
  if (place === undefined || place.type === 'none') return { items: [], rest: undefined };
  const { start, end } = place;
  const begins = (name: string): boolean => name.toLowerCase().includes(place.prefix.toLowerCase());
  if (place.type === 'field') {
    const found = (fields.data?.fields ?? [])
      .filter(({ name }) => begins(name))
      .toSorted((a, b) => rank(a.name) - rank(b.name));
    return {
      items: found.slice(0, shownMax).map(({ name, description, type }) => ({
        label: name,
        detail: description,
        insert: `${name}${amounts[name] === undefined && type !== 'duration' ? ':' : '>'}`,
        start,
        end,
      })),
      rest: restWords(found.length, fields.data?.limitsMet === undefined ? '' : 'more than ', 'name'),
    };
  }
  const steps = amounts[field]?.filter((step) => step.startsWith(place.prefix));
  if (steps !== undefined)
    return {
      items: steps.map((step) => ({ label: step, detail: '', insert: `${step} `, start, end })),
      rest: undefined,
    };
  const facet = values.data?.facets[0];
  const found = (facet?.values ?? []).filter(({ value }) => begins(value));
  return {
    items: found.slice(0, shownMax).map(({ value, count }) => ({
      label: value === '' ? '""' : value,
      detail: formatCount(count),
      insert: `${printText(value)} `,
      start,
      end,
    })),
    rest: restWords(found.length, (facet?.valueCount ?? 0) > valuesMax ? 'more than ' : '', 'value'),
  };
}

function restWords(count: number, moreThan: '' | 'more than ', noun: string): string | undefined {
  if (count <= shownMax) return undefined;
  return `${shownMax} of ${moreThan}${formatCount(count)} ${noun}s. Type more of the ${noun}.`;
}
