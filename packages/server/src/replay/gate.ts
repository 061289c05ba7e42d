/**
 * The condition under which a bulk replay passes: `pass_rate >= 0.95 and p95_duration_ms <= 1.2 * before`. `before` is the same figure
 * of the recorded runs.
 */
import type { BatchFigures } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';

const figures = {
  pass_rate: 'passRate',
  same_answer_rate: 'sameAnswerRate',
  p50_duration_ms: 'p50DurationMs',
  p95_duration_ms: 'p95DurationMs',
  cost_usd: 'costUsd',
  tokens: 'tokens',
  runs: 'runs',
} as const satisfies Readonly<Record<string, keyof BatchFigures>>;

const operators = {
  '>=': (a: number, b: number) => a >= b,
  '<=': (a: number, b: number) => a <= b,
  '>': (a: number, b: number) => a > b,
  '<': (a: number, b: number) => a < b,
  '=': (a: number, b: number) => a === b,
} as const;

export interface GateCondition {
  readonly text: string;
  readonly figure: keyof BatchFigures;
  readonly operator: keyof typeof operators;
  readonly number: number;
  readonly timesBefore: boolean;
}

export interface JudgedCondition {
  readonly text: string;
  readonly value: number | null;
  readonly limit: number | null;
  readonly passed: boolean;
}

const condition =
  /^([a-z0-9_]+)\s*(>=|<=|>|<|=)\s*(?:(\d+(?:\.\d+)?)(?:\s*\*\s*(before))?|(before)(?:\s*\*\s*(\d+(?:\.\d+)?))?)$/;

/** Throws `bad_request` with what is wrong and what can be written. */
export function parseGate(text: string): readonly GateCondition[] {
  return text
    .trim()
    .split(/\s+and\s+/i)
    .map((part) => {
      const [, name = '', operator = '', number, times, before, factor] = condition.exec(part.trim()) ?? [];
      const figure = Object.hasOwn(figures, name) ? figures[name as keyof typeof figures] : undefined;
      if (figure === undefined)
        throw new SightlineError(
          'bad_request',
          `The gate cannot be read at "${part.trim().slice(0, 100)}".`,
          {
            hint: `Write conditions such as "pass_rate >= 0.95" or "p95_duration_ms <= 1.2 * before", with "and" between them. Figures: ${Object.keys(figures).join(', ')}.`,
          },
        );
      return {
        text: part.trim(),
        figure,
        operator: operator as GateCondition['operator'],
        number: Number(number ?? factor ?? 1),
        timesBefore: times !== undefined || before !== undefined,
      };
    });
}

/** A figure that is not known passes no condition. */
export function judgeGate(
  conditions: readonly GateCondition[],
  { before, after }: { readonly before: BatchFigures; readonly after: BatchFigures },
): { readonly passed: boolean; readonly conditions: readonly JudgedCondition[] } {
  const judged = conditions.map(({ text, figure, operator, number, timesBefore }) => {
    const value = after[figure];
    const was = before[figure];
    const limit = timesBefore ? (was === null ? null : number * was) : number;
    return {
      text,
      value,
      limit,
      passed: value !== null && limit !== null && operators[operator](value, limit),
    };
  });
  return { passed: judged.every(({ passed }) => passed), conditions: judged };
}
