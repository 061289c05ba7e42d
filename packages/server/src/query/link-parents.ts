const noParent = -1;
const parentNotStored = -2;
const noId = '0'.repeat(16);

/**
 * For each span the index of its parent: -1 for a root, -2 where the parent is not among the spans. The result is always
 * a forest: of spans that are each other's ancestors, the first becomes a root. Where two spans have one id (a client
 * and a server sharing it, or a span sent twice) children belong to the first. Linear in the number of spans.
 */
export function linkParents(spanIds: readonly string[], parentIds: readonly string[]): number[] {
  const indexes = new Map<string, number>();
  for (const [index, id] of spanIds.entries()) if (!indexes.has(id)) indexes.set(id, index);
  const parents = parentIds.map((id) => (id === noId ? noParent : (indexes.get(id) ?? parentNotStored)));
  cutCycles(parents);
  return parents;
}

function cutCycles(parents: number[]): void {
  // 0: not seen; otherwise the number of the walk that saw it.
  const seenBy = new Uint32Array(parents.length);
  for (let start = 0; start < parents.length; start++) {
    const walk = start + 1;
    let index = start;
    while (index >= 0 && seenBy[index] === 0) {
      seenBy[index] = walk;
      index = parents[index] ?? noParent;
    }
    // Meeting this walk's own trail closes a circle.
    if (index >= 0 && seenBy[index] === walk) parents[smallestOfCycle(parents, index)] = noParent;
  }
}

function smallestOfCycle(parents: readonly number[], member: number): number {
  let smallest = member;
  for (let index = parents[member] ?? member; index !== member; index = parents[index] ?? member) {
    smallest = Math.min(smallest, index);
  }
  return smallest;
}
