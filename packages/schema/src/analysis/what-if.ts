/**
 * How long traces would take if some spans were faster. A span begins when what ended before it began is done, and ends when all that ended within it is done; the time
 * between stays what it was. A span that is made faster is so as a whole, with all that is in it.
 */
import type { Forest } from './forest.ts';
import { childrenOf } from './critical-path.ts';
import { at, type SpanTree } from './span-tree.ts';

/** Prepared once for many questions about the same spans. */
export interface WhatIf {
  /** Microseconds that the root of each trace would take, were the marked spans of `factor` times their length. */
  readonly durations: (isFaster: (span: number) => boolean, factor: number) => Float64Array;
}

export function prepareWhatIf({ tree, roots }: Forest, isAside?: Uint8Array): WhatIf {
  const { byStart, byEnd } = orderChildren(tree, isAside);
  const originalUs = tree.endUs.map((end, span) => end - at(tree.startUs, span));
  const newEndUs = new Float64Array(tree.size);
  return {
    durations: (isFaster, factor) => {
      const us = originalUs.slice();
      const isChanged = new Uint8Array(tree.size);
      for (let i = tree.size - 1; i >= 0; i--) {
        const span = at(tree.order, i);
        if (isFaster(span)) us[span] = at(originalUs, span) * factor;
        else if (at(isChanged, span) === 1)
          us[span] = replay(tree, span, {
            us,
            originalUs,
            newEndUs,
            byStart: byStart[span] ?? [],
            byEnd: byEnd[span] ?? [],
          });
        else continue;
        const above = at(tree.parent, span);
        if (above !== -1) isChanged[above] = 1;
      }
      return Float64Array.from(roots, (root) => (root === -1 ? 0 : at(us, root)));
    },
  };
}

interface Replayed {
  readonly us: Float64Array;
  readonly originalUs: Float64Array;
  /** Room to write into: NaN for a child that did not begin yet. */
  readonly newEndUs: Float64Array;
  readonly byStart: readonly number[];
  readonly byEnd: readonly number[];
}

/** The span's new length, by walking through the starts and ends of its children as they were. */
function replay(
  tree: SpanTree,
  span: number,
  { us, originalUs, newEndUs, byStart, byEnd }: Replayed,
): number {
  const [fromUs, untilUs] = [at(tree.startUs, span), at(tree.endUs, span)];
  for (const child of byEnd) newEndUs[child] = NaN;
  let doneUs = fromUs;
  let newDoneUs = fromUs;
  let ended = 0;
  const endUntil = (momentUs: number): void => {
    for (; ended < byEnd.length; ended++) {
      const child = byEnd[ended] ?? -1;
      const childEndUs = Math.min(at(tree.endUs, child), untilUs);
      const done = at(newEndUs, child);
      if (childEndUs > momentUs || Number.isNaN(done)) return;
      doneUs = Math.max(doneUs, childEndUs);
      newDoneUs = Math.max(newDoneUs, done);
    }
  };
  for (const child of byStart) {
    const startUs = Math.max(at(tree.startUs, child), fromUs);
    if (startUs >= untilUs) break;
    endUntil(startUs);
    const insideUs = Math.max(0, Math.min(at(tree.endUs, child), untilUs) - startUs);
    const wholeUs = at(originalUs, child);
    const newUs = wholeUs === 0 ? 0 : insideUs * (at(us, child) / wholeUs);
    newEndUs[child] = newDoneUs + (startUs - doneUs) + newUs;
  }
  endUntil(untilUs);
  return newDoneUs + (untilUs - doneUs) - fromUs;
}

function orderChildren(tree: SpanTree, isAside: Uint8Array | undefined) {
  const byStart: (readonly number[])[] = [];
  const byEnd: (readonly number[])[] = [];
  for (let span = 0; span < tree.size; span++) {
    if (at(tree.subtreeSize, span) === 1) continue;
    const until = at(tree.endUs, span);
    const children = childrenOf(tree, span).filter(
      (child) => at(tree.startUs, child) < until && (isAside === undefined || at(isAside, child) === 0),
    );
    byStart[span] = children;
    byEnd[span] =
      children.length < 2
        ? children
        : children.toSorted(
            (a, b) =>
              Math.min(at(tree.endUs, a), until) - Math.min(at(tree.endUs, b), until) ||
              at(tree.startUs, a) - at(tree.startUs, b) ||
              a - b,
          );
  }
  return { byStart, byEnd };
}
