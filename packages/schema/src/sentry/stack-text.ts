/** Sentry sends stacks as frames; everything here reads them as the text that the language itself writes. */
import { ownValue } from '@sightline/base';
import { type Json, listOf, objectOf, textOf } from './sentry-values.ts';

const framesMax = 250;
const exceptionsMax = 20;

interface Thrown {
  readonly type: string;
  readonly message: string;
  /** The call that threw comes last. */
  readonly frames: readonly Json[];
  /** One of an exception group's, which caused nothing. */
  readonly isPart: boolean;
}

/** The exceptions of an event, the root cause first. */
export function thrownIn(event: Json): readonly Thrown[] {
  const read = exceptionsOf(event['exception']).slice(-exceptionsMax);
  const mechanisms = read.map(({ mechanism }) => objectOf(mechanism));
  const groups = new Set(
    mechanisms
      .filter(({ is_exception_group: isGroup }) => isGroup === true)
      .map(({ exception_id: id }) => id),
  );
  return read.map(({ type, value: message, stacktrace }, index) => {
    const own = framesOf(stacktrace);
    const frames = own.length === 0 && index === read.length - 1 ? crashedFrames(event) : own;
    const isPart = groups.has(mechanisms[index]?.['parent_id']);
    return { type: textOf(type), message: textOf(message), frames, isPart };
  });
}

/** `values` of an object, a list or, of older SDKs, one alone. What says nothing of itself is none. */
function exceptionsOf(exception: unknown): readonly Json[] {
  const { values } = objectOf(exception);
  const all = Array.isArray(exception) ? exception : values === undefined ? [exception] : listOf(values);
  return all
    .map(objectOf)
    .filter(
      ({ type, value, stacktrace }) => textOf(type) + textOf(value) !== '' || framesOf(stacktrace).length > 0,
    );
}

const framesOf = (stacktrace: unknown): readonly Json[] =>
  listOf(objectOf(stacktrace)['frames']).slice(-framesMax).map(objectOf);

/** SDKs of native code give the calls with the thread that crashed. */
function crashedFrames({ threads }: Json): readonly Json[] {
  const all = (Array.isArray(threads) ? threads : listOf(objectOf(threads)['values'])).map(objectOf);
  return framesOf(all.find(({ crashed }) => crashed === true)?.['stacktrace']);
}

/** Empty where no frame is known. */
export function stackText(thrown: readonly Thrown[], platform: string): string {
  if (thrown.every(({ frames }) => frames.length === 0)) return '';
  if (platform === 'python') return pythonText(thrown);
  const write = ownValue(writers, platform) ?? javascriptFrame;
  const outerFirst = thrown.toReversed();
  return outerFirst
    .map(({ type, message, frames }, index) =>
      [
        `${index === 0 ? '' : causeWords(platform)}${headOf(type, message)}`,
        ...frames.toReversed().map((frame) => write(frameOf(frame))),
      ].join('\n'),
    )
    .join('\n');
}

interface Frame {
  readonly name: string;
  readonly module: string;
  readonly file: string;
  readonly line: string;
  readonly column: string;
}

function frameOf(frame: Json): Frame {
  return {
    // A question mark stands for a function without a name.
    name: oneLine(textOf(frame['function'])).replace(/^\?$/, ''),
    module: oneLine(textOf(frame['module'])),
    file: oneLine(textOf(frame['abs_path']) || textOf(frame['filename'])),
    line: textOf(frame['lineno']) || '0',
    column: textOf(frame['colno']) || '0',
  };
}

const javascriptFrame = ({ name, file, line, column }: Frame): string =>
  `    at ${name === '' ? '<anonymous>' : name} (${file === '' ? '<anonymous>' : file}:${line}:${column})`;
const javaFrame = ({ name, module, file, line }: Frame): string =>
  `\tat ${module === '' ? name : `${module}.${name}`}(${file === '' ? 'Unknown Source' : `${baseName(file)}:${line}`})`;

const writers: Readonly<Record<string, (frame: Frame) => string>> = {
  java: javaFrame,
  go: ({ name, module, file, line }) =>
    `${module === '' ? name : `${module}.${name}`}(...)\n\t${file}:${line} +0x0`,
  csharp: ({ name, module, file, line }) =>
    `   at ${module === '' ? name : `${module}.${name}`}()${file === '' ? '' : ` in ${file}:line ${line}`}`,
  ruby: ({ name, file, line }) => `\tfrom ${file}:${line}:in '${name}'`,
  php: ({ name, file, line }) => `#0 ${file === '' ? '[internal function]' : `${file}(${line})`}: ${name}()`,
  native: ({ name, file, line, column }) => `   0: ${name}\n             at ${file}:${line}:${column}`,
};

/** The call that threw last, the root cause first; parts of a group behind all. */
function pythonText(thrown: readonly Thrown[]): string {
  const chain = thrown
    .filter(({ isPart }) => !isPart)
    .map(pythonTraceback)
    .join('\n\nThe above exception was the direct cause of the following exception:\n\n');
  const parts = thrown.filter(({ isPart }) => isPart).toReversed();
  if (parts.length === 0) return chain;
  const numbered = parts.flatMap((part, index) => [
    `  ${index === 0 ? '+-' : '  '}+---------------- ${index + 1} ----------------`,
    ...pythonTraceback(part)
      .split('\n')
      .map((line) => `    | ${line}`),
  ]);
  return [chain, ...numbered, '    +------------------------------------'].join('\n');
}

function pythonTraceback({ type, message, frames }: Thrown): string {
  const calls = frames.map((frame) => {
    const { name, file, line } = frameOf(frame);
    const source = oneLine(textOf(frame['context_line']).trim());
    return `  File "${file}", line ${line}, in ${name === '' ? '<module>' : name}${source === '' ? '' : `\n    ${source}`}`;
  });
  const head = calls.length === 0 ? [] : ['Traceback (most recent call last):', ...calls];
  return [...head, headOf(type, message)].join('\n');
}

const causeWords = (platform: string): string =>
  platform === 'csharp' ? ' ---> ' : platform === 'php' ? 'Next ' : 'Caused by: ';
const headOf = (type: string, message: string): string => (message === '' ? type : `${type}: ${message}`);
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 500);
const baseName = (file: string): string =>
  file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
