/** Whether an answer used a document: by naming it, by having its words in their order, or by saying what one of its statements says. */
import type { PipelineDocument } from '@sightline/schema/api';
import { contentWords, sentenceEnd } from '../content-words.ts';

type Use = Pick<PipelineDocument, 'isUsed' | 'usedBy' | 'overlap'>;

/** Of the three-word sequences of the answer; a short answer shares a large part with its source, a long one some with each. */
const overlapMin = 0.15;
const sharedSequencesMin = 5;
const sequenceWords = 3;
/** Of the content words of a statement, in one sentence of the answer. What the question has already says nothing. */
const statementShareMin = 0.6;
/** Where more than the least number of words agree. */
const longStatementShareMin = 0.5;
const statementWordsMin = 3;
/** Shorter numbers are alike by chance. */
const tellingDigitsMin = 3;
const statementEnd = new RegExp(`${sentenceEnd.source}|(?<=;)\\s+`, 'u');
const statementsMax = 1000;
/** Shorter ids stand in texts by chance, but not in brackets. */
const idCharactersMin = 3;

export interface UsableDocument {
  readonly id: string | null;
  readonly text: string | null;
  /** Its place in the list that was given to the model, from 1; for `[1]` in the answer. */
  readonly rank: number;
  readonly isLastList: boolean;
}

export class AnswerUse {
  readonly #answer: string;
  readonly #sequences: ReadonlySet<string>;
  readonly #citedRanks: ReadonlySet<number>;
  /** What stands in square brackets. */
  readonly #brackets: readonly string[];
  readonly #asked: ReadonlySet<string>;
  /** In which sentences of the answer a content word stands, by their places. */
  readonly #sentencesWith = new Map<string, number[]>();

  constructor(answer: string, question = '') {
    this.#answer = answer.toLowerCase();
    this.#asked = new Set(contentWords(question));
    for (const [place, sentence] of answer.split(sentenceEnd, statementsMax).entries())
      for (const word of new Set(contentWords(sentence))) addTo(this.#sentencesWith, word, place);
    this.#sequences = sequencesOf(answer);
    this.#brackets = this.#answer.match(/\[[^[\]]{1,200}\]/g) ?? [];
    this.#citedRanks = new Set(
      [...answer.matchAll(/\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]/g)].flatMap(([, numbers = '']) =>
        numbers.split(',').map(Number),
      ),
    );
  }

  of({ id, text, rank, isLastList }: UsableDocument): Use {
    const shared = text === null ? 0 : sharedCount(this.#sequences, sequencesOf(text));
    const overlap = text === null || this.#sequences.size === 0 ? null : shared / this.#sequences.size;
    if (this.#names(id) || (isLastList && this.#citedRanks.has(rank)))
      return { isUsed: true, usedBy: 'citation', overlap };
    if (overlap === null) return { isUsed: id === null ? null : false, usedBy: null, overlap };
    if (overlap >= overlapMin || shared >= sharedSequencesMin)
      return { isUsed: true, usedBy: 'overlap', overlap };
    const says = text !== null && this.#saysOneOf(text);
    return { isUsed: says, usedBy: says ? 'statement' : null, overlap };
  }

  #saysOneOf(text: string): boolean {
    return text.split(statementEnd, statementsMax).some((statement) => {
      const words = [...new Set(contentWords(statement))].filter((word) => !this.#asked.has(word));
      const found = new Map<number, string[]>();
      for (const word of words)
        for (const place of this.#sentencesWith.get(word) ?? []) addTo(found, place, word);
      return [...found.values()].some((inSentence) => isSaid(inSentence, words.length));
    });
  }

  #names(id: string | null): boolean {
    if (id === null || id === '') return false;
    const wanted = id.toLowerCase();
    if (id.length >= idCharactersMin) return hasWord(this.#answer, wanted);
    // A number in brackets is a place in the list.
    return !/^\d+$/.test(id) && this.#brackets.some((inside) => hasWord(inside, wanted));
  }
}

/** Whether a sentence with these of so many content words of a statement says it. */
function isSaid(found: readonly string[], words: number): boolean {
  const telling = found.filter((word) => word.replace(/\P{N}/gu, '').length >= tellingDigitsMin);
  if (telling.length > 1 || (telling.length === 1 && found.length >= statementWordsMin)) return true;
  const share = found.length / words;
  if (found.length > statementWordsMin) return share >= longStatementShareMin;
  const isTelling = found.length === statementWordsMin || /\p{N}/u.test(found.join('')) || share === 1;
  return found.length > 1 && isTelling && share >= statementShareMin;
}

function addTo<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const around = [text[at - 1] ?? ' ', text[at + word.length] ?? ' '];
    if (around.every((char) => !/[\p{L}\p{N}_-]/u.test(char))) return true;
  }
  return false;
}

export const noAnswer: Use = { isUsed: null, usedBy: null, overlap: null };

function sequencesOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const count = Math.max(0, words.length - sequenceWords + 1);
  return new Set(Array.from({ length: count }, (_, at) => words.slice(at, at + sequenceWords).join(' ')));
}

function sharedCount(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  return [...a].filter((each) => b.has(each)).length;
}
