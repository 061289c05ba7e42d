/** Stacks as programs of eight languages write them, read to exceptions with frames. */
import { fileModule } from './frame-names.ts';
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
  for (const [index, line] of lines.entries()) {
    const current = read.at(-1);
    if (current === undefined) break;
    const found = rules.read(line, lines[index + 1] ?? '');
    if (found.kind === 'end' || (found.kind === 'stack' && current.frames.length > 0)) break;
    if (found.kind === 'stack') continue;
    if (found.kind === 'next') {
      if (read.length >= exceptionsMax) break;
      read.push({
        isPart: found.isPart === true,
        header: found.header === '' ? [] : [found.header],
        frames: [],
        isHeaderDone: false,
      });
    } else if (found.kind === 'frame') {
      const indent = line.length - line.trimStart().length;
      if (found.frame !== undefined) indentMax ??= indent;
      const isSuppressed = rules.hasSuppressed === true && indent > (indentMax ?? indent);
      if (found.frame !== undefined && !isSuppressed) current.frames.push(found.frame);
      if (rules.isReversed !== true && current.frames.length > 0) current.isHeaderDone = true;
    } else if (rules.isReversed === true) readPythonHeader(current, line);
    else if (!current.isHeaderDone) current.header.push(line);
  }
  return outerFirst(rules, read).map((each) => ({
    ...finished(rules, each),
    ...(each.isPart ? { isPart: true as const } : {}),
  }));
}

/** Parts of a group stand behind it, whatever the order of causes. */
function outerFirst(rules: LanguageRules, read: readonly Reading[]): readonly Reading[] {
  if (rules.isReversed !== true && rules.isRootFirst !== true) return read;
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

const typeAndMessage =
  /^(?:Uncaught |Unhandled exception\. |Exception in thread "[^"]*" )*(?:\[[^\]]*\] )?([A-Za-z_$][\w$.\\+`]*(?:Error|Exception|Throwable|Warning|Fault|Interrupt|Exit|Failure|Timeout|Panic|Group|[\w$])?)(?:: |:$|$)/;

function readHeader(
  { language }: LanguageRules,
  text: string,
): { readonly type: string; readonly message: string } {
  if (language === 'go')
    return {
      type: /^(?:panic|fatal error)/.test(text) ? 'panic' : '',
      message: text.replace(/^(?:panic|fatal error): /, '').replace(/ \[recovered[\s\S]*$/, ''),
    };
  if (language === 'rust')
    return { type: 'panic', message: text.replace(/^thread .*? panicked at [^\n]*\n?/, '') };
  if (language === 'ruby') {
    const raised = /^(.*) \(([A-Z][\w:]*)\)$/s.exec(text);
    return raised === null
      ? { type: '', message: text }
      : { type: raised[2] ?? '', message: raised[1] ?? '' };
  }
  const found = typeAndMessage.exec(text);
  if (found === null) return { type: '', message: text };
  return { type: found[1] ?? '', message: text.slice(found[0].length) };
}

/** A function that calls itself is in the stack as often as it did; that differs from one occurrence to the next. */
function withoutRecursion(frames: readonly StackFrame[]): readonly StackFrame[] {
  return frames.filter((frame, index) => {
    const before = frames[index - 1];
    return before === undefined || before.module !== frame.module || before.function !== frame.function;
  });
}
