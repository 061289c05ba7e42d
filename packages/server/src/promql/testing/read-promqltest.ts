/** Reads Prometheus' test language: `load`, `clear`, `eval`. */
import { parseDuration } from '../lexer.ts';
import { type LoadCommand, readLabels, readSeriesLine } from '../series-notation.ts';

export interface Expectation {
  readonly kind: 'fail' | 'warn' | 'info' | 'no_warn' | 'no_info' | 'ordered' | 'string';
  readonly match: 'msg' | 'regex' | undefined;
  readonly text: string;
}

export interface EvalCommand {
  readonly kind: 'eval';
  readonly line: number;
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
  /** 0 for instant queries. */
  readonly stepMs: number;
  readonly isRange: boolean;
  readonly expectations: readonly Expectation[];
  /** Lines of what is expected, as they are. */
  readonly results: readonly string[];
}

export type Command = LoadCommand | EvalCommand | { readonly kind: 'clear' };

export function readPromqltest(text: string): Command[] {
  const commands: Command[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length;) {
    const line = (lines[at] ?? '').trim();
    if (line === '' || line.startsWith('#')) {
      at += 1;
      continue;
    }
    if (line === 'clear') {
      commands.push({ kind: 'clear' });
      at += 1;
      continue;
    }
    const body: string[] = [];
    let next = at + 1;
    for (; next < lines.length; next += 1) {
      const each = (lines[next] ?? '').trim();
      if (each === '') break;
      if (!each.startsWith('#')) body.push(each);
    }
    commands.push(readCommand(line, body, at + 1));
    at = next;
  }
  return commands;
}

function readCommand(line: string, body: readonly string[], number: number): Command {
  const load = /^load(_with_nhcb)?\s+(\S+)/.exec(line);
  if (load !== null) {
    const isStart = (each: string): boolean => /(?:^[\w:]+|\})@st\s/.test(each);
    return {
      kind: 'load',
      withCustomBuckets: load[1] !== undefined,
      stepMs: durationMs(load[2] ?? ''),
      lines: body.filter((each) => !isStart(each)).map(readSeriesLine),
      starts: body.filter(isStart).map(readStarts),
    };
  }
  const evaluation =
    /^eval(_fail|_warn|_ordered|_info)?\s+(?:instant(?:\s+at\s+(\S+))?|range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+))\s+(.*)$/.exec(
      line,
    );
  if (evaluation === null) throw new Error(`line ${number}: ${line}`);
  const [, modifier, at, from, to, step, query = ''] = evaluation;
  const isRange = step !== undefined;
  const expectations = body.flatMap(readExpectation);
  if (modifier !== undefined)
    expectations.push({ kind: modifier.slice(1) as 'fail', match: undefined, text: '' });
  return {
    kind: 'eval',
    line: number,
    query,
    isRange,
    startMs: durationMs((isRange ? from : at) ?? '0'),
    endMs: durationMs((isRange ? to : at) ?? '0'),
    stepMs: isRange ? durationMs(step) : 0,
    expectations,
    results: body.filter((each) => !/^expect(?:ed_fail_\w+)?\s/.test(each)),
  };
}

function readExpectation(line: string): Expectation[] {
  const [, kind, match, text = ''] = /^expect\s+(\w+)(?:\s+(?:(msg|regex)\s*:\s*)?(.*))?$/.exec(line) ?? [];
  if (kind === undefined) return [];
  return [{ kind: kind as 'fail', match: match as 'msg' | undefined, text }];
}

export function durationMs(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const plain = text.replace(/^[-+]/, '');
  const seconds = parseDuration(plain) ?? Number(plain);
  if (Number.isNaN(seconds)) throw new Error(`no duration: ${text}`);
  return sign * Math.round(seconds * 1000);
}

function readStarts(line: string): LoadCommand['starts'][number] {
  const at = line.indexOf('@st');
  const { labels } = readLabels(line.slice(0, at));
  const offsets: (number | undefined)[] = [];
  for (const text of line
    .slice(at + 3)
    .trim()
    .split(/\s+/)) {
    const gap = /^_(?:x(\d+))?$/.exec(text);
    if (gap !== null) {
      for (let count = Number(gap[1] ?? 1); count > 0; count -= 1) offsets.push(undefined);
      continue;
    }
    const [, base = '', change, times] = /^([-+]?[\da-z]+?)([-+][\da-z]+?)?(?:x(\d+))?$/.exec(text) ?? [];
    let current = durationMs(base);
    for (let count = 0; count <= Number(times ?? 0); count += 1) {
      offsets.push(current);
      current += change === undefined ? 0 : durationMs(change);
    }
  }
  return { labels, offsets };
}
