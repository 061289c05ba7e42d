const stopWords = new Set(
  `a about after all also am an and any are as at be because been before being but by can could did do does during for from had has have he her
   here him his how i if in into is it its just like me more most my no none not now of on one only or other our out over she so some such than that
   the their them then there these they this those to too under up us very was we were what when where which while who why will with would you your
   der die das und ist ein eine einen einem einer nicht mit auf für von zu im in den dem des es sie wir ihr als auch an bei nach aus
   le la les un une des et est que qui dans pour sur avec par ne pas au aux du de ce cette il elle nous vous ils
   el los las una unos y es que en con por para su se al lo como más o pero`.split(/\s+/),
);

/** Where a sentence ends: in scripts without spaces right behind its mark. */
export const sentenceEnd = /(?<=[.!?])\s+|(?<=[。！？])\s*|\n+/u;

/** Content words, lower-cased: what carries meaning. Scripts without spaces give pairs of characters. */
export function contentWords(text: string): readonly string[] {
  const words: string[] = [];
  for (const [token] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+(?:[.,]\p{N}+)*/gu)) {
    if (/[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}]/u.test(token)) words.push(...pairs(token));
    else if (!stopWords.has(token) && (token.length > 1 || /\p{N}/u.test(token))) words.push(stem(token));
  }
  return words;
}

function pairs(token: string): readonly string[] {
  const characters = Array.from(token);
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, at) => `${characters[at] ?? ''}${character}`);
}

/** Enough of stemming that a plural or a tense does not hide a word. */
function stem(word: string): string {
  if (word.length <= 4 || /\p{N}/u.test(word)) return word;
  return word.replace(/(?:ies|ied)$/, 'y').replace(/(?:ing|edly|ed|es|s|ly|en|er)$/, '');
}
