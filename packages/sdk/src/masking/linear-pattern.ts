/** Refuses patterns that can run away: nested unbounded repetition, backreferences, or two unbounded wildcards. */
import { SightlineConfigError } from '../core/sdk-error.ts';

export function assertLinearPattern(name: string, pattern: RegExp): void {
  const problem = findProblem(pattern.source);
  if (problem !== undefined) {
    throw new SightlineConfigError(
      `masking.rules "${name}"`,
      `has the pattern ${String(pattern)}, which ${problem} and may take exponential time`,
      'Bound the repetition, like {1,64}, or use a keyword and a simpler pattern with validate.',
    );
  }
}

function findProblem(source: string): string | undefined {
  const plain = source.replace(/\\[^1-9k]/g, '_').replace(/\[(?:[^\]\\]|\\.)*\]/g, 'c');
  if (/\\[1-9k]/.test(plain)) return 'has a backreference';
  // A group that repeats without bound, or many times, and itself contains such a repetition.
  const stack: { repeats: boolean; chooses: boolean }[] = [];
  for (let index = 0; index < plain.length; index++) {
    const top = stack.at(-1);
    if (plain[index] === '(') stack.push({ repeats: false, chooses: false });
    else if (plain[index] === '|' && top !== undefined) top.chooses = true;
    else if (plain[index] === ')') {
      const inner = stack.pop() ?? { repeats: false, chooses: false };
      const repeats = isUnbounded(plain.slice(index + 1));
      if (inner.repeats && repeats) return 'repeats a repetition';
      // The alternatives may begin alike, and then each repetition doubles the ways.
      if (inner.chooses && repeats) return 'repeats a choice';
      const outer = stack.at(-1);
      if (outer !== undefined) {
        outer.repeats ||= inner.repeats || repeats;
        outer.chooses ||= inner.chooses;
      }
    } else if (isUnbounded(plain.slice(index)) && top !== undefined) top.repeats = true;
  }
  return /(?:[^()|^$][*+]\??){2}/.test(plain) ? 'has two unbounded repetitions side by side' : undefined;
}

function isUnbounded(rest: string): boolean {
  return /^(?:[*+]|\{\d+,\}|\{\d+,(?:\d{3,})\})/.test(rest);
}
