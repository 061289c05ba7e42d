/** How alike two texts are, 0 to 1: the share of words that both have. */
const charactersMax = 20_000;

export function similarity(a: string, b: string): number {
  const left = words(a);
  const right = words(b);
  let both = 0;
  for (const word of left) if (right.has(word)) both++;
  const all = left.size + right.size - both;
  return all === 0 ? 1 : both / all;
}

function words(text: string): Set<string> {
  return new Set(text.slice(0, charactersMax).split(/\W+/));
}
