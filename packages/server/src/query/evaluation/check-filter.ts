import type { BoundFilter } from '@sightline/schema/filter';
import { readQ } from '../filter/read-condition.ts';
import type { QueryContext } from '../reader.ts';
import { RegexMatcher } from './regex-matcher.ts';

/** A filter on traces that is to be kept and applied later: what the engine would refuse then is refused now. Throws `bad_filter`. */
export async function checkFilter(context: QueryContext, q: string): Promise<void> {
  const matcher = new RegexMatcher(context);
  const patterns = [...new Set(patternsOf(readQ(q, 'traces', context.clock)))];
  const matched = Promise.all(patterns.map(async (pattern) => matcher.match('', pattern)));
  await Promise.all([matcher.flush(), matched]);
}

function patternsOf(filter: BoundFilter): readonly string[] {
  switch (filter.type) {
    case 'and':
    case 'or':
      return filter.items.flatMap(patternsOf);
    case 'not':
    case 'span':
      return patternsOf(filter.item);
    case 'test':
      return filter.match.type === 'regex' ? [filter.match.source] : [];
    default:
      return [];
  }
}
