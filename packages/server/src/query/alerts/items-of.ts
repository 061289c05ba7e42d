import { type Dimension, type RuleSource, signalOf, type Term } from '@sightline/schema/rules';
import { readGeneration } from '../agents/settled-runs.ts';
import { readQ } from '../filter/read-condition.ts';
import type { Reader } from '../reader.ts';
import type { ItemWish } from '../sql/rule-items-sql.ts';

interface Items {
  readonly source: RuleSource;
  readonly by?: readonly Dimension[];
  readonly queries: readonly { readonly filter: string; readonly terms: readonly Term[] }[];
}

/** What rules, panels and objectives look at. What was just stored counts as well: calls and runs are settled first. */
export async function itemsOf(
  reader: Reader,
  { source, by = [], queries }: Items,
): Promise<Omit<ItemWish, 'window' | 'storedAfterMs'>> {
  const isOfRuns = source === 'runs' || source === 'calls';
  if (isOfRuns) await reader.settle();
  return {
    project: reader.project,
    generation: isOfRuns ? await readGeneration(reader) : 0,
    source,
    by,
    queries,
    readFilter: (text) => readQ(text, signalOf(source), reader.clock),
  };
}
