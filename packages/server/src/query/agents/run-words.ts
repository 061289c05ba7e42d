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
/** Mostly enough for a line: to fold white space and to find the ends of characters takes longer than all else that is done with a text. */
const charactersReadFirst = 4 * lineCharactersMax;
/** Each of these is a character by itself; others may join the one before. */
const plain = /^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u02ff]*$/;

/** Text as one line, at most 200 characters, the last of them "…" where more was said. */
export function wordsLine(text: string): string {
  const begin = folded(text.slice(0, charactersReadFirst));
  const isEnough = text.length <= charactersReadFirst || begin.length > 2 * lineCharactersMax;
  const line = isEnough ? begin : folded(text.slice(0, charactersReadMax));
  if (line.length <= lineCharactersMax) return line;
  return `${cutLine(line).trimEnd()}…`;
}

/** A space between words stays as it is. */
const folded = (text: string): string => text.replaceAll(/(?! (?![\s\p{Cc}]))[\s\p{Cc}]+/gu, ' ').trim();

/** Its first 199 characters or fewer, cut between what readers see as characters. */
function cutLine(line: string): string {
  if (plain.test(line.slice(0, lineCharactersMax))) return line.slice(0, lineCharactersMax - 1);
  let cut = '';
  for (const { segment } of graphemes.segment(line.slice(0, 2 * lineCharactersMax))) {
    if (cut.length + segment.length >= lineCharactersMax) break;
    cut += segment;
  }
  return cut;
}

/**
 * The first user's question and the last answer of the calls of models, which come in the order of their start. Where none of them has content, those of `around`: the root, or the
 * outermost step.
 */
export function wordsOf(calls: readonly WordSource[], around: readonly WordSource[]): RunWords {
  const read = new Map<WordSource, Conversation>();
  const said = (source: WordSource): Conversation => {
    const known = read.get(source);
    if (known !== undefined) return known;
    const conversation = readConversation(source.source);
    read.set(source, conversation);
    return conversation;
  };
  const first = (sources: readonly WordSource[], line: (of: Conversation) => string): string => {
    for (const source of sources) {
      const found = line(said(source));
      if (found !== '') return found;
    }
    return '';
  };
  return {
    question: first([...calls, ...around], questionOf),
    answer: first([...calls.toReversed(), ...around.toReversed()], answerOf),
  };
}

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
