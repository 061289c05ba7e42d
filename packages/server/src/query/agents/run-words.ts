/** What was asked in a run and what came of it, a line each. Pure. */
import {
  type Conversation,
  type Message,
  type MessageSource,
  readConversation,
} from '@sightline/schema/conventions';
import type { OperationKind } from '@sightline/schema/api';

export interface RunWords {
  /** '' where none is recorded. */
  readonly question: string;
  readonly answer: string;
}

/** A span that may have content. */
export interface WordSource {
  readonly operation: OperationKind;
  readonly source: MessageSource;
}

/** Characters of a line; it is cut between what readers see as characters. */
const lineCharactersMax = 200;
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** More is never looked at: white space may be folded away. */
const charactersReadMax = 4_000;

/** Text as one line, at most 200 characters, the last of them "…" where more was said. */
export function wordsLine(text: string): string {
  const line = text
    .slice(0, charactersReadMax)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  if (line.length <= lineCharactersMax) return line;
  let cut = '';
  for (const { segment } of graphemes.segment(line.slice(0, 2 * lineCharactersMax))) {
    if (cut.length + segment.length >= lineCharactersMax) break;
    cut += segment;
  }
  return `${cut.trimEnd()}…`;
}

/**
 * The first user's question and the last answer of the calls of models, which come in the order of their start. Where none of them has content, those of `around`: the root, or the
 * outermost step.
 */
export function wordsOf(calls: readonly WordSource[], around: readonly WordSource[]): RunWords {
  const said = calls.map(({ source }) => readConversation(source));
  const words = { question: firstOf(said, questionOf), answer: lastOf(said, answerOf) };
  if (words.question !== '' && words.answer !== '') return words;
  const outside = around.map(({ source }) => readConversation(source));
  return {
    question: words.question || firstOf(outside, questionOf),
    answer: words.answer || lastOf(outside, answerOf),
  };
}

function firstOf(said: readonly Conversation[], read: (of: Conversation) => string): string {
  for (const each of said) {
    const line = read(each);
    if (line !== '') return line;
  }
  return '';
}

const lastOf = (said: readonly Conversation[], read: (of: Conversation) => string): string =>
  firstOf(said.toReversed(), read);

/** The prompt may repeat what was said in runs before: what is asked now stands last. */
function questionOf({ input }: Conversation): string {
  return lineOf(input.filter(({ role }) => role === 'user').toReversed());
}

function answerOf({ output }: Conversation): string {
  return lineOf(
    output.filter(({ role }) => role !== 'user' && role !== 'system' && role !== 'tool').toReversed(),
  );
}

/** Of the first message with words of its own: calls of tools and what they gave back are none. */
function lineOf(messages: readonly Message[]): string {
  for (const { parts } of messages) {
    const line = wordsLine(parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(' '));
    if (line !== '') return line;
  }
  return '';
}
