import { unixNano } from '@sightline/base';
import { type Dimension, type RuleSource, signalOf, type Term } from '@sightline/schema/rules';
import { readJoinedModels } from '../agents/joined-models.ts';
import { type JoinedModels, noJoinedModels } from '../agents/model-names.ts';
import { readGeneration } from '../agents/settled-runs.ts';
import { readQ } from '../filter/read-condition.ts';
import type { Reader } from '../reader.ts';
import type { ItemRequest } from '../sql/rule-items-sql.ts';
import type { Window } from '../time-range.ts';

/** Whether its labels tell models, which are called as lists call them. */
export const namesModels = ({
  source,
  by,
}: {
  readonly source: RuleSource;
  readonly by: readonly Dimension[];
}): boolean =>
  source === 'calls' &&
  by.some(({ type, name }) => type === 'builtin' && (name === 'model' || name === 'provider'));

/** In a short window perhaps nobody answers: names are those of a day at least. Of whole hours, so that panels of one range, whose steps begin and end around it, ask for the same. */
export async function readNamesNear(reader: Reader, window: Window): Promise<JoinedModels> {
  const { from, to } = reader.namesFrom ?? window;
  const until = to + hourNanos - 1n - ((to - 1n) % hourNanos);
  const dayBefore = until > dayNanos ? until - dayNanos : 0n;
  const since = from < dayBefore ? from : dayBefore;
  const near = { from: unixNano(since - (since % hourNanos)), to: unixNano(until) };
  const ask = async (): Promise<JoinedModels> => readJoinedModels(reader, near);
  if (reader.names === undefined) return ask();
  const key = `${near.from} ${near.to} ${reader.project}`;
  return reader.names.read(key, reader.clock.monotonicMs(), ask);
}

const hourNanos = 3_600_000_000_000n;
const dayNanos = 24n * hourNanos;

interface Items {
  readonly source: RuleSource;
  readonly by?: readonly Dimension[];
  readonly window: Window;
  readonly queries: readonly { readonly filter: string; readonly terms: readonly Term[] }[];
  /** Reads under which names models are listed, where several statements share them. */
  readonly names?: Reader;
}

/** What rules, panels and objectives look at. What was just stored counts as well: calls and runs are settled first. */
export async function itemsOf(
  reader: Reader,
  { source, by = [], queries, window, names = reader }: Items,
): Promise<Omit<ItemRequest, 'storedAfterMs'>> {
  const isOfRuns = source === 'runs' || source === 'calls';
  if (isOfRuns) await reader.settle();
  return {
    project: reader.project,
    generation: isOfRuns ? await readGeneration(reader) : 0,
    source,
    by,
    joined: namesModels({ source, by }) ? await readNamesNear(names, window) : noJoinedModels,
    window,
    queries,
    readFilter: (text) => readQ(text, signalOf(source), reader.clock),
  };
}
