/**
 * How long traces would take if some spans were faster. A span begins when what ended before it began is done, and ends when all that ended within it is done; the time
 * between stays what it was. A span that is made faster is so as a whole, with all that is in it.
 */
import type { Forest } from './forest.ts';
import { at, type SpanTree } from './span-tree.ts';

/** Prepared once for many questions about the same spans. */
export interface WhatIf {
  /** Microseconds that the root of each trace would take, were the marked spans of `factor` times their length. */
  readonly durations: (isFaster: (span: number) => boolean, factor: number) => Float64Array;
}

export function prepareWhatIf({ tree, roots }: Forest, isAside?: Uint8Array): WhatIf {
  const children = orderChildren(tree, isAside);
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
          us[span] = replay(tree, span, { us, originalUs, newEndUs, children });
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
  readonly children: Children;
}

/** The span's new length, by walking through the starts and ends of its children as they were. */
function replay(
  tree: SpanTree,
  span: number,
  { us, originalUs, newEndUs, children: { firsts, byStart, byEnd } }: Replayed,
): number {
  const [fromUs, untilUs] = [at(tree.startUs, span), at(tree.endUs, span)];
  const [first, end] = [at(firsts, span), at(firsts, span + 1)];
  for (let place = first; place < end; place++) newEndUs[at(byEnd, place)] = NaN;
  let doneUs = fromUs;
  let newDoneUs = fromUs;
  let ended = first;
  const endUntil = (momentUs: number): void => {
    for (; ended < end; ended++) {
      const child = at(byEnd, ended);
      const childEndUs = Math.min(at(tree.endUs, child), untilUs);
      const done = at(newEndUs, child);
      if (childEndUs > momentUs || Number.isNaN(done)) return;
      doneUs = Math.max(doneUs, childEndUs);
      newDoneUs = Math.max(newDoneUs, done);
    }
  };
  for (let place = first; place < end; place++) {
    const child = at(byStart, place);
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

/** Children that their parent waits for, those of one span after those of another. */
interface Children {
  /** Where those of each span begin, and one place more. */
  readonly firsts: Int32Array;
  readonly byStart: Int32Array;
  readonly byEnd: Int32Array;
}

function orderChildren(tree: SpanTree, isAside: Uint8Array | undefined): Children {
  const { size, startUs, endUs, order, position, subtreeSize } = tree;
  const firsts = new Int32Array(size + 1);
  const byStart = new Int32Array(size);
  let count = 0;
  for (let span = 0; span < size; span++) {
    firsts[span] = count;
    const end = at(position, span) + at(subtreeSize, span);
    for (let place = at(position, span) + 1; place < end;) {
      const child = at(order, place);
      if (at(startUs, child) < at(endUs, span) && (isAside === undefined || at(isAside, child) === 0))
        byStart[count++] = child;
      place += at(subtreeSize, child);
    }
  }
  firsts[size] = count;
  const byEnd = byStart.slice();
  for (let span = 0; span < size; span++) {
    const [first, end] = [at(firsts, span), at(firsts, span + 1)];
    const until = at(endUs, span);
    const compare = (a: number, b: number): number =>
      Math.min(at(endUs, a), until) - Math.min(at(endUs, b), until) ||
      at(startUs, a) - at(startUs, b) ||
      a - b;
    // Most end in the order in which they began.
    let place = first + 1;
    while (place < end && compare(at(byEnd, place - 1), at(byEnd, place)) <= 0) place++;
    if (place < end) byEnd.subarray(first, end).sort(compare);
  }
  return { firsts, byStart, byEnd };
}
