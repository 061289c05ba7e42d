/** What a replay found, for people and for programs. */
import { parseJson } from './exchange.ts';
import type { Divergence } from './replay-session.ts';

const shownMax = 20;
const diffLinesMax = 40;

export function describeReplay(
  traceId: string,
  answered: number,
  divergences: readonly Divergence[],
): string {
  const head = `Replay of ${traceId}: ${answered} calls answered from the recording`;
  if (divergences.length === 0) return `${head}; nothing diverged.\n`;
  const count = divergences.length === 1 ? '1 divergence' : `${divergences.length} divergences`;
  const made = divergences.filter(({ kind }) => kind !== 'missing');
  const missing = divergences.filter(({ kind }) => kind === 'missing');
  const parts = [
    ...firstOf(made, (each, at) => `\n${at + 1}. ${describe(each)}`),
    ...(missing.length === 0 ? [] : ['\nIn the recording, but the program did not make it:']),
    ...firstOf(
      missing,
      ({ operation, path }) => `  - ${operation}${path.length === 0 ? '' : `, in ${path.join(' > ')}`}`,
    ),
  ];
  return `${head}; ${count}:\n${parts.join('\n')}\n`;
}

function firstOf(items: readonly Divergence[], line: (item: Divergence, at: number) => string): string[] {
  const more = items.length > shownMax ? [`\n… and ${items.length - shownMax} more`] : [];
  return [...items.slice(0, shownMax).map(line), ...more];
}

const words: Readonly<Record<Divergence['kind'], string>> = {
  changed: 'asks something else than in the recording',
  unrecorded: 'is not in the recording',
  unanswerable: 'cannot be answered',
  missing: 'is not made',
};

function describe({ kind, operation, path, recorded, got, reason }: Divergence): string {
  const where = path.length === 0 ? '' : `\n   in ${path.join(' > ')}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  const lines =
    kind === 'changed'
      ? lineDiff(pretty(recorded ?? ''), pretty(got ?? ''))
      : kind === 'unrecorded' && got !== undefined
        ? pretty(got).map((line) => `+ ${line}`)
        : [];
  const shown = lines.slice(0, diffLinesMax).map((line) => `   ${line}`);
  if (lines.length > diffLinesMax) shown.push(`   … ${lines.length - diffLinesMax} more lines`);
  return [`${operation} ${words[kind]}${why}${where}`, ...shown].join('\n');
}

function pretty(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const value = /^\s*[{[]/.test(line) ? parseJson(line) : undefined;
    return (value === undefined ? line : JSON.stringify(value, undefined, 2)).split('\n');
  });
}

const comparedLinesMax = 1000;
const contextLines = 2;

/** The lines that differ, `-` recorded and `+` now, with two lines around them. */
export function lineDiff(before: readonly string[], after: readonly string[]): string[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before.at(-1 - end) === after.at(-1 - end)
  )
    end++;
  const left = before.slice(start, before.length - end);
  const right = after.slice(start, after.length - end);
  const middle =
    left.length * right.length > comparedLinesMax ** 2
      ? [...left.map((line) => `- ${line}`), ...right.map((line) => `+ ${line}`)]
      : alignLines(left, right);
  return [
    ...before.slice(Math.max(start - contextLines, 0), start).map((line) => `  ${line}`),
    ...middle,
    ...before.slice(before.length - end, before.length - end + contextLines).map((line) => `  ${line}`),
  ];
}

/** The longest common subsequence. */
function alignLines(left: readonly string[], right: readonly string[]): string[] {
  const width = right.length + 1;
  const lengths = new Uint32Array((left.length + 1) * width);
  const at = (row: number, column: number) => lengths[row * width + column] ?? 0;
  for (let row = left.length - 1; row >= 0; row--)
    for (let column = right.length - 1; column >= 0; column--)
      lengths[row * width + column] =
        left[row] === right[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
  const lines: string[] = [];
  let row = 0;
  let column = 0;
  while (row < left.length || column < right.length) {
    if (row < left.length && column < right.length && left[row] === right[column]) {
      lines.push(`  ${left[row]}`);
      row++;
      column++;
    } else if (column >= right.length || (row < left.length && at(row + 1, column) >= at(row, column + 1)))
      lines.push(`- ${left[row++]}`);
    else lines.push(`+ ${right[column++]}`);
  }
  return lines;
}
