/**
 * How much of an answer the retrieved documents say, by overlap of words: a sentence is supported when most of its content words,
 * and every number in it, stand close together in one document. Cheap and explainable; a judge sees more.
 */
import { joinSentences, noAnswer, type Verdict } from '../verdict.ts';
import type { TraceFacts } from '../trace-facts.ts';
import { contentWords, sentenceEnd } from '../../query/agents/content-words.ts';

const supportedShare = 0.6;
/** Words of a document that are looked at together: about a paragraph. */
const windowWords = 120;
const sentencesMax = 200;

export function evaluateGroundedness(facts: TraceFacts, threshold: number): Verdict {
  if (facts.answer === '') return noAnswer;
  if (facts.documents.length === 0)
    return { type: 'skipped', reason: 'The trace has no retrieved documents with text.' };
  const parts = facts.answer.split(sentenceEnd);
  const sentences = sentencesOf(parts.slice(0, sentencesMax));
  if (sentences.length === 0)
    return { type: 'skipped', reason: 'The answer makes no statement: it has no words of content.' };
  const windows = facts.documents.flatMap(windowsOf);
  const unsupported = sentences.filter(({ words }) => support(words, windows) < supportedShare);
  const value = 1 - unsupported.length / sentences.length;
  const missing = unsupported.map(({ text }) => `“${text.slice(0, 200)}”`).slice(0, 3);
  const comment =
    missing.length === 0
      ? `Sentences: ${sentences.length}, all found in what was retrieved (documents: ${facts.documents.length}).`
      : `Sentences: ${sentences.length}, of which ${unsupported.length} not found in what was retrieved (documents: ${facts.documents.length}): ${missing.join(' ')}`;
  const leftOut =
    parts.length > sentencesMax
      ? `Judged in part: the first ${sentencesMax} of ${parts.length} sentences and lines of the answer.`
      : '';
  return {
    type: 'scored',
    value,
    label: value >= threshold ? 'grounded' : 'ungrounded',
    comment: joinSentences([leftOut, comment]),
  };
}

interface Sentence {
  readonly text: string;
  readonly words: readonly string[];
}

function sentencesOf(parts: readonly string[]): readonly Sentence[] {
  return parts
    .map((sentence) => ({ text: sentence.trim(), words: [...new Set(contentWords(sentence))] }))
    .filter(({ words }) => words.length > 1);
}

function windowsOf(document: string): readonly ReadonlySet<string>[] {
  const words = contentWords(document);
  const windows: ReadonlySet<string>[] = [];
  for (let at = 0; at === 0 || at + windowWords / 2 < words.length; at += windowWords / 2)
    windows.push(new Set(words.slice(at, at + windowWords)));
  return windows;
}

/** The largest share of the words in any one window; none where a number of the sentence is in no window. */
function support(words: readonly string[], windows: readonly ReadonlySet<string>[]): number {
  const numbers = words.filter((word) => /\p{N}/u.test(word));
  if (numbers.some((number) => !windows.some((window) => window.has(number)))) return 0;
  let best = 0;
  for (const window of windows) {
    const found = words.reduce((count, word) => count + (window.has(word) ? 1 : 0), 0);
    best = Math.max(best, found / words.length);
  }
  return best;
}
