/** Stacks as programs of eight languages write them, read to exceptions with frames. */
import { anonymous, fileModule } from './frame-names.ts';
import { isInApp } from './in-app.ts';
import type { ParsedStack, StackedException, StackFrame } from './stack-frame.ts';
import { type LanguageRules, stackLanguages } from './stack-languages.ts';

const textLengthMax = 65_536;
const lineLengthMax = 1_000;
const linesMax = 1_000;
const framesMax = 100;
const exceptionsMax = 20;

interface Reading {
  /** One of an exception group's. */
  readonly isPart: boolean;
  header: string[];
  readonly frames: StackFrame[];
  /** In Python the header stands behind the frames. */
  isHeaderDone: boolean;
}

/** Undefined where the text is no stack that is known. Of a long text only the beginning and the end are read, 64 KiB in all. */
export function parseStack(text: string): ParsedStack | undefined {
  const lines = boundedLines(text);
  const whole = lines.join('\n');
  const rules = stackLanguages.find(
    ({ marks, signature }) =>
      (marks === undefined || marks.some((mark) => whole.includes(mark))) && signature.test(whole),
  );
  if (rules === undefined) return undefined;
  const read = readExceptions(rules, lines).filter(({ frames, type }) => frames.length > 0 || type !== '');
  if (read.every(({ frames }) => frames.length === 0)) return undefined;
  return { language: rules.language, exceptions: read };
}

/** Deep recursion makes a stack long: where it began and where it ended say what happened. */
function boundedLines(text: string): readonly string[] {
  const half = textLengthMax / 2;
  const bounded =
    text.length > textLengthMax ? `${text.slice(0, half)}\n${text.slice(text.length - half)}` : text;
  const lines = bounded
    .split(bounded.includes('\r') ? /\r?\n/ : '\n')
    .map((line) => (line.length > lineLengthMax ? line.slice(0, lineLengthMax) : line));
  return lines.length > linesMax ? [...lines.slice(0, linesMax / 2), ...lines.slice(-linesMax / 2)] : lines;
}

function readExceptions(rules: LanguageRules, lines: readonly string[]): readonly StackedException[] {
  const read: Reading[] = [{ isPart: false, header: [], frames: [], isHeaderDone: false }];
  let indentMax: number | undefined;
  let isRootFirst = rules.isRootFirst === true;
  for (const [index, line] of lines.entries()) {
    const current = read.at(-1);
    if (current === undefined) break;
    const found = rules.read(line, lines[index + 1] ?? '');
    if (found.kind === 'end' || (found.kind === 'stack' && current.frames.length > 0)) break;
    if (found.kind === 'stack') continue;
    if (found.kind === 'thrown') {
      current.frames.length = 0;
      current.isHeaderDone = true;
    } else if (found.kind === 'next') {
      if (read.length >= exceptionsMax) break;
      isRootFirst ||= found.isOuter === true;
      read.push({
        isPart: found.isPart === true,
        header: found.header === '' ? [] : [found.header],
        frames: [],
        isHeaderDone: false,
      });
    } else if (found.kind === 'frame' && found.frame !== undefined && found.header !== undefined) {
      // Behind the calls of another exception it is that one's cause.
      const isCause = current.frames.length > 0 && current.header.length > 0;
      if (isCause && read.length >= exceptionsMax) break;
      const thrown = isCause ? { isPart: false, header: [], frames: [], isHeaderDone: false } : current;
      if (isCause) read.push(thrown);
      thrown.header = [found.header];
      thrown.frames.unshift(found.frame);
      thrown.isHeaderDone = false;
    } else if (found.kind === 'frame') {
      const indent = line.length - line.trimStart().length;
      if (found.frame !== undefined) indentMax ??= indent;
      const isSuppressed = rules.hasSuppressed === true && indent > (indentMax ?? indent);
      if (found.frame !== undefined && !isSuppressed)
        current.frames[found.isCalled === true ? 'unshift' : 'push'](found.frame);
      if (rules.isReversed !== true && current.frames.length > 0) current.isHeaderDone = true;
    } else if (rules.isReversed === true) readPythonHeader(current, line);
    else if (!current.isHeaderDone) current.header.push(line);
  }
  return outerFirst(rules, read, isRootFirst).map((each) => ({
    ...finished(rules, each),
    ...(each.isPart ? { isPart: true as const } : {}),
  }));
}

/** Parts of a group stand behind it, whatever the order of causes. */
function outerFirst(
  rules: LanguageRules,
  read: readonly Reading[],
  isRootFirst: boolean,
): readonly Reading[] {
  if (rules.isReversed !== true && !isRootFirst) return read;
  const [parts, chain] = [read.filter(({ isPart }) => isPart), read.filter(({ isPart }) => !isPart)];
  return [...chain.toReversed(), ...parts];
}

/** As many parts of a group failed in the same way as there were tasks this time: one stands for them, and in the same order whoever failed first. */
export function alikeOnce(read: readonly StackedException[]): readonly StackedException[] {
  if (!read.some(({ isPart }) => isPart)) return read;
  const keyOf = ({ type, frames }: StackedException): string =>
    JSON.stringify([type, frames.map((frame) => [frame.module, frame.function])]);
  const kept = new Map<string, StackedException>();
  const chain = read.filter(({ isPart }) => !isPart);
  const parts = read.filter(({ isPart }) => isPart).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  for (const each of [...chain, ...parts]) {
    const key = keyOf(each);
    if (!kept.has(key)) kept.set(key, each);
  }
  return [...kept.values()];
}

/** Lines of source and marks under them are indented; what is not, behind the frames, is the type and message. */
function readPythonHeader(current: Reading, line: string): void {
  const text = line.replace(/^\s*\| ?/, '');
  // A part of a group that was never thrown has no frames.
  if ((current.frames.length === 0 && !current.isPart) || current.isHeaderDone) return;
  if (/^\s*$/.test(text)) current.isHeaderDone = current.header.length > 0;
  else if (current.header.length > 0 || /^\S/.test(text)) current.header.push(text);
}

function finished(rules: LanguageRules, { header, frames }: Reading): StackedException {
  const { type, message } = readHeader(rules, header.join('\n').trim());
  if (rules.language === 'php' && frames.length === 0) frames.push(...thrownIn(header));
  if (rules.language === 'rust' && frames.length === 0) frames.push(...panickedAt(header));
  const ordered = rules.isReversed === true ? frames.toReversed() : frames;
  return { type, message, frames: withoutRecursion(ordered).slice(0, framesMax) };
}

/** What was thrown outside of any function has no call in its stack. */
function thrownIn(header: readonly string[]): readonly StackFrame[] {
  const place = / in (\/\S*|[A-Za-z]:\S*|\S+\.php):(\d+)$/.exec(header.findLast((line) => line !== '') ?? '');
  if (place === null) return [];
  const [, file = '', line] = place;
  const module = fileModule(file);
  return [{ module, function: '{main}', file, line: Number(line), inApp: isInApp('php', file, module) }];
}

/** Rust writes no calls unless `RUST_BACKTRACE` asks for them. */
function panickedAt(header: readonly string[]): readonly StackFrame[] {
  const at = header.findLastIndex((line) => /^thread .* panicked at /.test(line));
  const place = /([^\s']+\.rs):(\d+):\d+:?$/.exec(
    header.slice(at).find((line) => /\.rs:\d+:\d+:?$/.test(line)) ?? '',
  );
  if (at < 0 || place === null) return [];
  const [, file = '', line] = place;
  const module = fileModule(file);
  return [{ module, function: anonymous, file, line: Number(line), inApp: isInApp('rust', file, module) }];
}

/** Node writes the code of an error of its own behind the type: `TypeError [ERR_INVALID_ARG_TYPE]: …`. */
const typeAndMessage =
  /^(?:Uncaught |Unhandled exception\. |Exception in thread "[^"]*" |(?:PHP )?[A-Z][a-z ]{3,20} error: {1,2}|\[[^\]]*\] )*([A-Za-z_$][\w$.\\+`]*(?:Error|Exception|Throwable|Warning|Fault|Interrupt|Exit|Failure|Timeout|Panic|Group|[\w$])?)(?: \[[A-Z][A-Z\d_]*\])?(?:: |:$|$)/;

function rustMessage(text: string): string {
  const panicked = text.slice(text.lastIndexOf('\nthread ') + 1);
  const head = /^thread .{1,200}? panicked at /.exec(panicked)?.[0];
  if (head === undefined) return text;
  const said = panicked.slice(head.length);
  // Before Rust 1.73 the message stood in quotes before the place.
  const end = said.startsWith("'") ? said.search(/', [^\s']{1,500}:\d+:\d+$/m) : -1;
  return end < 0 ? said.slice(said.indexOf('\n') + 1) : said.slice(1, end);
}

/** Of an exception that ends the program, Node writes the place and the line of source first, with marks below. */
const nodeSource = /^\S{1,500}:\d+\n[^\n]{0,1000}\n[ \t]*\^+\s*\n/;

/** A line that begins with the name of an exception, behind another. */
const namedException =
  /\n(?:[\w$]{1,60}[.\\])*(?:[A-Z]\w{0,80})?(?:Error|Exception|Throwable|Fault)(?:: |$)/m;

function readHeader(rules: LanguageRules, text: string): { readonly type: string; readonly message: string } {
  const { language } = rules;
  if (language === 'go')
    return {
      type: /^(?:panic|fatal error)/.test(text) ? 'panic' : '',
      message: text
        .replace(/^(?:panic|fatal error): /, '')
        .replace(/(?: \[recovered|\n\[signal )[\s\S]*$/, ''),
    };
  if (language === 'rust') return { type: 'panic', message: rustMessage(text) };
  if (language === 'ruby') {
    const raised = /^([^\n]*) \(([A-Z][\w:]*)\)(?:\n(?!\n)([\s\S]*?))?(?:\n\n[\s\S]*)?$/.exec(text);
    if (raised === null) return { type: '', message: text };
    const [, first = '', type = '', rest] = raised;
    return { type, message: rest === undefined ? first : `${first}\n${rest}` };
  }
  if (language === 'javascript' && nodeSource.test(text))
    return readHeader(rules, text.replace(nodeSource, ''));
  const found = typeAndMessage.exec(text);
  if (found !== null) {
    const message = text.slice(found[0].length);
    return {
      type: found[1] ?? '',
      message: language === 'php' ? message.replace(/ in \S+:\d+$/, '') : message,
    };
  }
  // A logger's own words stand before it.
  const at = text.search(namedException);
  return at < 0 ? { type: '', message: text } : readHeader(rules, text.slice(at + 1));
}

/** A function that calls itself is in the stack as often as it did; that differs from one occurrence to the next. */
function withoutRecursion(frames: readonly StackFrame[]): readonly StackFrame[] {
  return frames.filter((frame, index) => {
    const before = frames[index - 1];
    return before === undefined || before.module !== frame.module || before.function !== frame.function;
  });
}
