/** Which sums made ahead may stand for runs of a window, and how an answer is made of both. */
import type { Reader } from '../reader.ts';
import type { RunScope } from '../sql/run-rows-sql.ts';
import { bucketSets } from '../sql/bucket-sets.ts';
import { type SummedRuns, summedBuckets } from '../sql/run-sums-sql.ts';
import type { Window } from '../sql/trace-sets-sql.ts';

/** Runs of these buckets are known in sums, the others are read as the scope says. */
export interface PartlySummed {
  readonly scope: RunScope;
  readonly summed: SummedRuns | undefined;
}

const attemptsMax = 2;

/**
 * What `read` answers of the runs of a window. While it reads, runs may change, or be taken away: sums that were right when it began
 * are looked at once more, and where they no longer are, it reads again, the last time without them.
 */
export async function withSums<Answer>(
  reader: Reader,
  scope: RunScope,
  window: Window,
  read: (from: PartlySummed) => Promise<Answer>,
): Promise<Answer> {
  const { project, stored } = scope;
  if (stored === undefined) return read({ scope, summed: undefined });
  const right = async (): Promise<readonly number[]> => {
    const rows = await reader.rows<{ bucket: number }>(summedBuckets(project, stored, window), {
      resultRowsMax: bucketsMax,
    });
    return rows.map(({ bucket }) => Number(bucket));
  };
  let before = await right();
  for (let attempt = 0; attempt < attemptsMax && before.length > 0; attempt += 1) {
    const buckets = bucketSets(before);
    const answer = await read({
      scope: { ...scope, stored: { ...stored, apart: buckets } },
      summed: { project, generation: stored.generation, buckets },
    });
    const after = await right();
    const isRight = new Set(after);
    if (before.every((bucket) => isRight.has(bucket))) return answer;
    before = after;
  }
  return read({ scope, summed: undefined });
}

/** Those of a window of 400 days and the one before. */
const bucketsMax = 300_000;
