/** Which sums made ahead may stand for runs of a window, and how an answer is made of both. */
import type { Reader } from '../reader.ts';
import type { RunScope } from '../sql/runs-sql.ts';
import { bucketSets } from '../sql/bucket-sets.ts';
import { type SummedRuns, summedBuckets } from '../sql/run-sums-sql.ts';

/** Runs of these buckets are known in sums, the others are read as the scope says. */
export interface PartlySummed {
  readonly scope: RunScope;
  readonly summed: SummedRuns | undefined;
}

const attemptsMax = 2;

/**
 * What `read` answers of the runs of a window of two parts. While it reads, runs may change, or be taken away: sums that were right when it began
 * are looked at once more, and where they no longer are, it reads again, the last time without them.
 */
export async function withSums<Answer>(
  reader: Reader,
  { scope, middle }: { readonly scope: RunScope; readonly middle: bigint },
  read: (from: PartlySummed) => Promise<Answer>,
): Promise<Answer> {
  const { project, generation } = scope;
  /** The versions of the sums by bucket. */
  const right = async (): Promise<ReadonlyMap<number, string>> => {
    const rows = await reader.rows<{ bucket: number; version: string }>(summedBuckets(scope, middle), {
      resultRowsMax: bucketsMax,
    });
    return new Map(rows.map(({ bucket, version }) => [Number(bucket), version]));
  };
  let before = await right();
  for (let attempt = 0; attempt < attemptsMax && before.size > 0; attempt += 1) {
    const buckets = bucketSets([...before.keys()]);
    const answer = await read({
      scope: { ...scope, apart: buckets },
      summed: { project, generation, buckets },
    });
    const after = await right();
    if ([...before].every(([bucket, version]) => after.get(bucket) === version)) return answer;
    before = after;
  }
  return read({ scope, summed: undefined });
}

/** Those of a window of 400 days and the one before. */
const bucketsMax = 300_000;
