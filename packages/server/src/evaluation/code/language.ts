import type { TraceFacts } from '../trace-facts.ts';
import { joinSentences, noAnswer, type Verdict } from '../verdict.ts';

/** Scripts that one language is mostly written in. Japanese before Chinese: it has both. */
const scripts: readonly (readonly [string, RegExp])[] = [
  ['ja', /[\p{sc=Hira}\p{sc=Kana}]/gu],
  ['zh', /\p{sc=Han}/gu],
  ['ko', /\p{sc=Hang}/gu],
  ['ar', /\p{sc=Arab}/gu],
  ['he', /\p{sc=Hebr}/gu],
  ['el', /\p{sc=Grek}/gu],
  ['th', /\p{sc=Thai}/gu],
  ['hi', /\p{sc=Deva}/gu],
  ['uk', /[іїєґІЇЄҐ]/gu],
  ['ru', /\p{sc=Cyrl}/gu],
];

/** The commonest small words of languages in Latin letters, and letters that few others use. */
const latin: Readonly<Record<string, { readonly words: string; readonly letters?: RegExp }>> = {
  en: {
    words:
      'the and of to in is that for it with as on was are this be by you have not from or an at which your can will',
  },
  de: {
    words:
      'der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei sind wie',
    letters: /[äöüß]/gi,
  },
  fr: {
    words:
      'de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec vous nous cette',
    letters: /[éèêàçùœ]/gi,
  },
  es: {
    words:
      'de la que el en y a los se del las un por con no una su para es al lo como más pero sus le ya está',
    letters: /[ñ¿¡áíóú]/gi,
  },
  it: {
    words:
      'di e il la che in a per un è del non sono una con le si da come dei nel alla più gli anche della questo',
    letters: /[àèìòù]/gi,
  },
  pt: {
    words:
      'de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem você',
    letters: /[ãõçâê]/gi,
  },
  nl: {
    words:
      'de het een van en in is dat op te zijn met voor niet aan er om ook als dan maar bij of uit nog naar wordt je',
  },
  sv: {
    words: 'och i att det som en på är av för med den till inte har de ett om så men var kan från ska',
    letters: /[åäö]/gi,
  },
  da: {
    words: 'og i at det er en til af som på de med for ikke den der har et om var men sig kan fra vil',
    letters: /[æøå]/gi,
  },
  pl: {
    words: 'w i na z do nie się że jest to o a jak po co tak za od są przez dla być tym czy',
    letters: /[ąćęłńśźż]/gi,
  },
  tr: {
    words: 've bir bu da de için ile olarak daha çok gibi olan en ne var kadar sonra ama değil',
    letters: /[ğışçöü]/gi,
  },
  cs: { words: 'a v se na je že to z do o s jako pro za by ale jsou nebo jsem byl', letters: /[ěščřžýů]/gi },
  vi: {
    words: 'và là của có không được cho trong một người với các này đã những để',
    letters: /[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]/gi,
  },
};
const wordSets = Object.entries(latin).map(([code, { words, letters }]) => ({
  code,
  words: new Set(words.split(' ')),
  letters,
}));
const textMax = 20_000;
/** Below this share of known small words nothing is certain. */
const shareMin = 0.08;

/** The codes that can be told. */
const known = [...new Set([...scripts.map(([code]) => code), ...Object.keys(latin)])].toSorted((a, b) =>
  a < b ? -1 : 1,
);

/** What is wrong with a language to expect: one that is never told would fail every answer. */
export function findLanguageProblem(expected: string | undefined): string | undefined {
  return expected === undefined || known.includes(expected)
    ? undefined
    : `"${expected}" cannot be told; known are ${known.join(', ')}`;
}

/** An ISO 639-1 code, or undefined where the text is too short or too mixed to say. */
export function detectLanguage(text: string): string | undefined {
  // Code and addresses are in no language.
  const prose = text
    .slice(0, textMax)
    .replaceAll(/```[\s\S]*?(?:```|$)/g, ' ')
    .replaceAll(/`[^`\n]*`|https?:\/\/\S+/g, ' ');
  const letters = (prose.match(/\p{L}/gu) ?? []).length;
  if (letters < 4) return undefined;
  for (const [code, pattern] of scripts) {
    const share = (prose.match(pattern) ?? []).length / letters;
    if (share > (code === 'ja' || code === 'uk' ? 0.02 : 0.4)) return code;
  }
  return detectLatin(prose.toLowerCase());
}

function detectLatin(prose: string): string | undefined {
  const words = prose.match(/\p{L}+/gu) ?? [];
  if (words.length < 3) return undefined;
  const ranked = wordSets
    .map(({ code, words: known, letters }) => {
      const hits = words.filter((word) => known.has(word)).length / words.length;
      const special = letters === undefined ? 0 : (prose.match(letters) ?? []).length / prose.length;
      return { code, points: hits + Math.min(0.25, special * 4) };
    })
    .toSorted((a, b) => b.points - a.points);
  const [best, second] = ranked;
  if (best === undefined || best.points < shareMin || best.points === second?.points) return undefined;
  return best.code;
}

export function evaluateLanguage(facts: TraceFacts, expected: string | undefined): Verdict {
  if (facts.answer === '') return noAnswer;
  const problem = findLanguageProblem(expected);
  if (problem !== undefined) return { type: 'failed', reason: `The language ${problem}.` };
  const found = detectLanguage(facts.answer);
  if (found === undefined)
    return { type: 'skipped', reason: 'The answer is too short or too mixed to tell its language.' };
  const isExpected = expected === undefined || found === expected;
  const comment = joinSentences([
    isExpected ? undefined : `Expected ${expected}, found ${found}.`,
    facts.answer.length > textMax ? `Told by the first ${textMax} characters.` : undefined,
  ]);
  return {
    type: 'scored',
    value: expected === undefined ? null : Number(isExpected),
    label: found,
    ...(comment === '' ? {} : { comment }),
  };
}
