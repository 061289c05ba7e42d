import { editDistance } from '@sightline/base';

/** The known word closest to a mistyped one, if any is close enough to be meant. */
export function suggestWord(typed: string, known: Iterable<string>): string | undefined {
  let best: { word: string; distance: number } | undefined;
  for (const word of known) {
    const distance = word.startsWith(typed) && typed.length >= 2 ? 1 : editDistance(typed, word);
    if (best === undefined || distance < best.distance) best = { word, distance };
  }
  return best !== undefined && best.distance <= Math.max(1, Math.floor(typed.length / 3))
    ? best.word
    : undefined;
}
