/** Two lists compared: what stayed, went and came, in reading order. */
export interface DiffStep<T> {
  readonly kind: 'same' | 'removed' | 'added';
  readonly value: T;
}

/** Above so many pairs to compare, the differing middle counts as replaced as a whole: honest, and never slow. */
const pairsMax = 4_000_000;

export function diffLists<T>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (value: T) => string,
): readonly DiffStep<T>[] {
  const old = before.map(keyOf);
  const now = after.map(keyOf);
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < now.length - head &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  )
    tail++;
  const same = (value: T): DiffStep<T> => ({ kind: 'same', value });
  return [
    ...after.slice(0, head).map(same),
    ...diffMiddle({
      before: before.slice(head, before.length - tail),
      after: after.slice(head, after.length - tail),
      old: old.slice(head, old.length - tail),
      now: now.slice(head, now.length - tail),
    }),
    ...after.slice(after.length - tail).map(same),
  ];
}

export function diffLines(before: string, after: string): readonly DiffStep<string>[] {
  return diffLists(before.split('\n'), after.split('\n'), (line) => line);
}

/** Long stretches that stayed the same become one step that only counts them. */
export type FoldedStep<T> = DiffStep<T> | { readonly kind: 'fold'; readonly count: number };

export function foldSame<T>(steps: readonly DiffStep<T>[], context: number): readonly FoldedStep<T>[] {
  const folded: FoldedStep<T>[] = [];
  let at = 0;
  while (at < steps.length) {
    let end = at;
    while (steps[end]?.kind === 'same') end++;
    const lead = at === 0 ? 0 : context;
    const trail = end === steps.length ? 0 : context;
    if (end - at > lead + trail + 1) {
      folded.push(...steps.slice(at, at + lead), { kind: 'fold', count: end - at - lead - trail });
      folded.push(...steps.slice(end - trail, end));
    } else folded.push(...steps.slice(at, end));
    const changed = steps[end];
    if (changed !== undefined) folded.push(changed);
    at = end + 1;
  }
  return folded;
}

interface Middle<T> {
  readonly before: readonly T[];
  readonly after: readonly T[];
  readonly old: readonly string[];
  readonly now: readonly string[];
}

/** The longest common part by the usual table, walked from its end. */
function diffMiddle<T>({ before, after, old, now }: Middle<T>): readonly DiffStep<T>[] {
  const removed = (value: T): DiffStep<T> => ({ kind: 'removed', value });
  const added = (value: T): DiffStep<T> => ({ kind: 'added', value });
  if (old.length === 0 || now.length === 0 || old.length * now.length > pairsMax)
    return [...before.map(removed), ...after.map(added)];
  const width = now.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  const length = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        old[i] === now[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const steps: DiffStep<T>[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const was = before[i];
    const is = after[j];
    if (i < before.length && j < after.length && old[i] === now[j]) {
      steps.push({ kind: 'same', value: is as T });
      i++;
      j++;
    } else if (i < before.length && (j >= after.length || length(i + 1, j) >= length(i, j + 1))) {
      steps.push(removed(was as T));
      i++;
    } else {
      steps.push(added(is as T));
      j++;
    }
  }
  return steps;
}
