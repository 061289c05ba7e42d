/** The items in their order, in pieces of at most so many items and so many bytes of JSON. An item that is larger is a piece of its own. */
export function inPieces<Item>(
  items: readonly Item[],
  { itemsMax, bytesMax }: { readonly itemsMax: number; readonly bytesMax: number },
): Item[][] {
  const encoder = new TextEncoder();
  const pieces: Item[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    const length = encoder.encode(JSON.stringify(item) ?? '').length + 1;
    const last = pieces.at(-1);
    if (last === undefined || last.length >= itemsMax || bytes + length > bytesMax) {
      pieces.push([item]);
      bytes = length;
    } else {
      last.push(item);
      bytes += length;
    }
  }
  return pieces;
}
