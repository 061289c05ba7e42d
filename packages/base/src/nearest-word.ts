import { editDistance } from './edit-distance.ts';

const shortLettersMax = 4;

/** The known word that was probably meant: at most two edits away, one where either word has four letters or fewer. The nearest, or the first of the nearest; undefined where none is near. */
export function nearestWord(written: string, known: Iterable<string>): string | undefined {
  let best: { readonly word: string; readonly edits: number } | undefined;
  for (const word of known) {
    const edits = editDistance(written, word);
    if (
      edits <= (Math.min(word.length, written.length) <= shortLettersMax ? 1 : 2) &&
      edits < (best?.edits ?? 3)
    )
      best = { word, edits };
  }
  return best?.word;
}
