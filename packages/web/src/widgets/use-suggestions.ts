import { completeFilter, printField, printText } from '@sightline/schema/filter';
import { useQuery } from '@tanstack/react-query';
import { facetsQuery, fieldsQuery, type SearchSignal } from '../api/queries.ts';
import { formatCount } from '../model/format.ts';
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

const shownMax = 10;

/** Names and values that exist in the data of this range, for the word under the caret. */
export function useSuggestions({ signal, range, draft, caret }: Editing): readonly Suggestion[] {
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
        limit: 100,
      },
      0,
    ),
    enabled: place?.type === 'value' && signal !== 'metrics',
  });
  if (place?.type === 'field') {
    return (fields.data?.fields ?? [])
      .filter((candidate) => candidate.name.toLowerCase().includes(place.prefix.toLowerCase()))
      .slice(0, shownMax)
      .map((candidate) => ({
        label: candidate.name,
        detail: candidate.description,
        insert: `${candidate.name}${candidate.type === 'duration' ? '>' : ':'}`,
        start: place.start,
        end: place.end,
      }));
  }
  if (place?.type === 'value') {
    return (values.data?.facets[0]?.values ?? [])
      .filter((candidate) => candidate.value.toLowerCase().includes(place.prefix.toLowerCase()))
      .slice(0, shownMax)
      .map((candidate) => ({
        label: candidate.value === '' ? '""' : candidate.value,
        detail: formatCount(candidate.count),
        insert: `${printText(candidate.value)} `,
        start: place.start,
        end: place.end,
      }));
  }
  return [];
}
