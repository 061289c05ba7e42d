/**
 * The part of Markdown that models write, as blocks to be rendered: never as HTML, so that a prompt cannot put anything
 * but words on the page. What is not understood stays the text it is.
 */
export type MarkdownBlock =
  | { readonly type: 'paragraph'; readonly inlines: readonly Inline[] }
  | { readonly type: 'heading'; readonly level: number; readonly inlines: readonly Inline[] }
  | { readonly type: 'code'; readonly language: string; readonly text: string }
  | { readonly type: 'quote'; readonly inlines: readonly Inline[] }
  | MarkdownList
  | {
      readonly type: 'table';
      readonly head: readonly TableCell[];
      readonly rows: readonly (readonly TableCell[])[];
    }
  | { readonly type: 'rule' };

export interface MarkdownList {
  readonly type: 'list';
  readonly ordered: boolean;
  readonly start: number;
  readonly items: readonly ListItem[];
}

export interface ListItem {
  readonly inlines: readonly Inline[];
  readonly within?: MarkdownList;
}

export type TableCell = readonly Inline[];

export type Inline =
  | { readonly type: 'text' | 'code' | 'strong' | 'emphasis'; readonly text: string }
  | { readonly type: 'link'; readonly text: string; readonly href: string };

export function parseMarkdown(text: string): readonly MarkdownBlock[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const blocks: MarkdownBlock[] = [];
  let at = 0;
  while (at < lines.length) {
    const read = readBlock(lines, at);
    if (read.block !== undefined) blocks.push(read.block);
    at = read.next;
  }
  return blocks;
}

interface Read {
  readonly block: MarkdownBlock | undefined;
  readonly next: number;
}

const fence = /^(\s*)(`{3,}|~{3,})\s*([\w+#.-]*)[^`]*$/;
const heading = /^\s{0,3}(#{1,6})\s+(.+?)\s*#*$/;
const bullet = /^(\s*)([-*+•]|\d{1,9}[.)])\s+(.*)$/;
const quote = /^\s{0,3}>\s?(.*)$/;
const rule = /^\s{0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const tableRule = /^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$/;

function readBlock(lines: readonly string[], at: number): Read {
  const line = lines[at] ?? '';
  if (line.trim() === '') return { block: undefined, next: at + 1 };
  const opened = fence.exec(line);
  if (opened !== null) {
    const [, indent = '', mark = '', language = ''] = opened;
    return readCode(lines, at, { indent, mark, language });
  }
  const head = heading.exec(line);
  if (head !== null) {
    return {
      block: { type: 'heading', level: (head[1] ?? '').length, inlines: parseInlines(head[2] ?? '') },
      next: at + 1,
    };
  }
  if (rule.test(line)) return { block: { type: 'rule' }, next: at + 1 };
  if (line.includes('|') && tableRule.test(lines[at + 1] ?? '') && (lines[at + 1] ?? '').includes('-')) {
    return readTable(lines, at);
  }
  if (quote.test(line)) return readQuote(lines, at);
  if (bullet.test(line)) return readList(lines, at);
  return readParagraph(lines, at);
}

function readCode(
  lines: readonly string[],
  at: number,
  { indent, mark, language }: { readonly indent: string; readonly mark: string; readonly language: string },
): Read {
  let end = at + 1;
  while (end < lines.length && !(lines[end] ?? '').trimStart().startsWith(mark)) end++;
  const code = lines
    .slice(at + 1, end)
    .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()));
  return { block: { type: 'code', language, text: code.join('\n') }, next: end + 1 };
}

function readQuote(lines: readonly string[], at: number): Read {
  const words: string[] = [];
  let end = at;
  for (let match = quote.exec(lines[end] ?? ''); match !== null; match = quote.exec(lines[end] ?? '')) {
    words.push(match[1] ?? '');
    end++;
  }
  return { block: { type: 'quote', inlines: parseInlines(words.join('\n')) }, next: end };
}

function readList(lines: readonly string[], at: number): Read {
  const items: ListLine[] = [];
  let end = at;
  for (; end < lines.length; end++) {
    const line = lines[end] ?? '';
    const match = bullet.exec(line);
    if (match !== null) {
      const [, indent = '', mark = '', words = ''] = match;
      items.push({ depth: Math.min(4, Math.floor(indent.length / 2)), mark, words });
    } else if (fence.test(line)) break;
    else if (line.trim() !== '' && /^\s{2,}/.test(line) && items.length > 0) {
      const last = items.at(-1);
      if (last !== undefined) last.words += `\n${line.trim()}`;
    } else if (line.trim() !== '' || bullet.exec(lines[end + 1] ?? '') === null) break;
  }
  return { block: listOf(items), next: end };
}

interface ListLine {
  readonly depth: number;
  /** `-`, `*`, `1.` and the like. */
  readonly mark: string;
  words: string;
}

/** What is deeper than the first line of a list belongs to the item before it. */
function listOf(lines: readonly ListLine[]): MarkdownList {
  const depth = lines[0]?.depth ?? 0;
  const start = Number.parseInt(lines[0]?.mark ?? '', 10);
  const items: ListItem[] = [];
  for (let at = 0; at < lines.length;) {
    let end = at + 1;
    while (end < lines.length && (lines[end]?.depth ?? 0) > depth) end++;
    const within = lines.slice(at + 1, end);
    const inlines = parseInlines(lines[at]?.words ?? '');
    items.push(within.length === 0 ? { inlines } : { inlines, within: listOf(within) });
    at = end;
  }
  return { type: 'list', ordered: !Number.isNaN(start), start: Number.isNaN(start) ? 1 : start, items };
}

function readTable(lines: readonly string[], at: number): Read {
  let end = at + 2;
  while (end < lines.length && (lines[end] ?? '').includes('|') && (lines[end] ?? '').trim() !== '') end++;
  return {
    block: { type: 'table', head: cells(lines[at] ?? ''), rows: lines.slice(at + 2, end).map(cells) },
    next: end,
  };
}

function cells(line: string): readonly TableCell[] {
  return line
    .trim()
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split('|')
    .map((cell) => parseInlines(cell.trim()));
}

function readParagraph(lines: readonly string[], at: number): Read {
  let end = at + 1;
  while (end < lines.length && !startsBlock(lines[end] ?? '')) end++;
  return { block: { type: 'paragraph', inlines: parseInlines(lines.slice(at, end).join('\n')) }, next: end };
}

function startsBlock(line: string): boolean {
  return (
    line.trim() === '' ||
    fence.test(line) ||
    heading.test(line) ||
    rule.test(line) ||
    quote.test(line) ||
    bullet.test(line)
  );
}

/** Each alternative fails at the next mark of its kind or after a bound, so that a megabyte of brackets is read in time. */
const inlineMark =
  /(`+)([^`\n]|[^`\n][^\n]*?[^`\n])\1(?!`)|\*\*([^*\s](?:[^*\n]*[^*\s])?)\*\*|__([^_\s](?:[^_\n]*[^_\s])?)__|(?<![\w*])\*([^*\s](?:[^*\n]*[^*\s])?)\*(?![\w*])|(?<![\w_])_([^_\s](?:[^_\n]*[^_\s])?)_(?![\w_])|\[([^[\]\n]+)\]\(([^\s)]{1,2000})\)|(https?:\/\/[^\s<>()[\]"']*[^\s<>()[\]"'.,;:!?])/g;

export function parseInlines(text: string): readonly Inline[] {
  const inlines: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(inlineMark)) {
    const inline = readInline(match);
    if (inline === undefined) continue;
    if (match.index > from) inlines.push({ type: 'text', text: text.slice(from, match.index) });
    inlines.push(inline);
    from = match.index + match[0].length;
  }
  if (from < text.length) inlines.push({ type: 'text', text: text.slice(from) });
  return inlines;
}

function readInline(match: RegExpMatchArray): Inline | undefined {
  const [, , code, bold, bolder, italic, slanted, label, target, address] = match;
  if (code !== undefined) return { type: 'code', text: code };
  const strong = bold ?? bolder;
  if (strong !== undefined) return { type: 'strong', text: strong };
  const emphasis = italic ?? slanted;
  if (emphasis !== undefined) return { type: 'emphasis', text: emphasis };
  if (label !== undefined && target !== undefined)
    return isWebAddress(target) ? { type: 'link', text: label, href: target } : undefined;
  return address === undefined ? undefined : { type: 'link', text: address, href: address };
}

/** Anything else (`javascript:`, `data:`, a path of this server) is not made into a link. */
export function isWebAddress(address: string): boolean {
  return /^(?:https?:\/\/|mailto:)/i.test(address);
}
