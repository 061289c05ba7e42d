/** One thing the palette can do. */
export interface Command<Icon extends string> {
  readonly label: string;
  readonly detail: string;
  readonly icon: Icon;
  readonly run: () => void;
}

interface Makers<Icon extends string> {
  readonly run: (traceId: string) => Command<Icon>;
  readonly trace: (traceId: string) => Command<Icon>;
  readonly timeline: (id: string) => Command<Icon>;
  readonly session: (id: string) => Command<Icon>;
  readonly runs: (words: string) => Command<Icon>;
  readonly traces: (words: string) => Command<Icon>;
  readonly logs: (words: string) => Command<Icon>;
}

const shownMax = 40;

/** What matches the words, best first; an id leads to what it names, and any words can be searched for. */
export function findCommands<Icon extends string>(
  text: string,
  known: readonly Command<Icon>[],
  make: Makers<Icon>,
  /** What the server found for the words. */
  found: readonly Command<Icon>[] = [],
): readonly Command<Icon>[] {
  const words = text.trim();
  if (words === '') return known.slice(0, shownMax);
  const id = words.toLowerCase().replaceAll('-', '');
  const byId = /^[0-9a-f]{32}$/.test(id) ? [make.trace(id), make.run(id), make.timeline(words)] : [];
  const matches = known
    .map((command) => ({ command, score: matchScore(command.label.toLowerCase(), words.toLowerCase()) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ command }) => command);
  const searches = [make.runs(words), make.traces(words), make.logs(words)];
  const ids = byId.length === 0 && !/\s/.test(words) ? [make.session(words), make.timeline(words)] : [];
  return [...byId, ...matches.slice(0, shownMax), ...found, ...searches, ...ids];
}

/** What somebody has typed so far, as free text of a filter: the words in this order, and the last one may not be finished. */
export function typedWords(text: string): string {
  const [, before = '', last = ''] = /^(.*?)([\p{L}\p{N}_]*)$/su.exec(text.trim()) ?? [];
  const phrase = before.trim();
  if (phrase === '') return last === '' ? '' : `${last}*`;
  // A letter or two narrow nothing.
  const isLong = last.length >= 3 && /\s$/.test(before);
  if (isLong) return `${JSON.stringify(phrase)} ${last}*`;
  return JSON.stringify(/\s$/.test(before) ? phrase : text.trim());
}

/** 0 for no match; a start beats a word's start beats the middle beats letters in order. */
export function matchScore(label: string, words: string): number {
  if (label.startsWith(words)) return 4;
  const at = label.indexOf(words);
  if (at > 0) return /[\s._\-/:]/.test(label[at - 1] ?? '') ? 3 : 2;
  let cursor = 0;
  for (const char of words) {
    cursor = label.indexOf(char, cursor) + 1;
    if (cursor === 0) return 0;
  }
  return words.length >= 3 ? 1 : 0;
}
