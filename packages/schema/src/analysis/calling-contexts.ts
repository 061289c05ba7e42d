import { at, type SpanTree } from './span-tree.ts';
import type { SpanKeys } from './keyed-sums.ts';

/** Calling contexts: spans of one word below spans of one word, and so on up to their roots, are one. */
export interface CallingContexts extends SpanKeys {
  /** The context around each; −1 for those of roots. */
  readonly parent: Int32Array;
  /** The word of its spans; −1 for the context of all that is beyond the bound. */
  readonly word: Int32Array;
  /** Contexts were more than the bound: the rest are one. */
  readonly isCut: boolean;
}

const contextsMaxDefault = 2000;

export function findContexts(
  tree: SpanTree,
  wordOf: Int32Array,
  contextsMax = contextsMaxDefault,
): CallingContexts {
  const known = new Map<number, Map<number, number>>();
  const parent: number[] = [];
  const word: number[] = [];
  const keyOf = new Int32Array(tree.size);
  let rest = -1;
  const make = (above: number, name: number): number => {
    parent.push(above);
    word.push(name);
    return parent.length - 1;
  };
  for (const span of tree.order) {
    const above = at(tree.parent, span);
    const context = above === -1 ? -1 : at(keyOf, above);
    const below = known.get(context) ?? new Map<number, number>();
    known.set(context, below);
    const name = at(wordOf, span);
    let found = context === rest && rest !== -1 ? rest : below.get(name);
    if (found === undefined && parent.length < contextsMax) {
      found = make(context, name);
      below.set(name, found);
    }
    if (found === undefined && rest === -1) rest = make(-1, -1);
    keyOf[span] = found ?? rest;
  }
  return {
    keyOf,
    keyCount: parent.length,
    isCall: new Uint8Array(tree.size).fill(1),
    parent: Int32Array.from(parent),
    word: Int32Array.from(word),
    isCut: rest !== -1,
  };
}
