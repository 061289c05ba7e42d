import type { RuleCondition } from './rule-node.ts';

/** `before` is the value of the time that a change is measured against. */
export interface JudgedValue {
  readonly value: number;
  readonly before?: number | undefined;
  /** On which side of what is expected it is, where that is unusual. */
  readonly unusual?: 'above' | 'below' | undefined;
  /** When its forecast gets to the value that the condition names; 0 where it is there. */
  readonly reachedInS?: number | undefined;
}

/**
 * What a value says of a condition: `breach` begins and keeps an alert, `held` keeps one that is there (between threshold and recovery), `fine` ends
 * it. A value that is no number breaches nothing.
 */
export type Verdict = 'breach' | 'held' | 'fine';

export function judgeValue(
  condition: RuleCondition,
  { value, before, unusual, reachedInS }: JudgedValue,
): Verdict {
  switch (condition.type) {
    case 'any':
      return 'breach';
    case 'absent':
      return 'fine';
    case 'anomalous':
      return unusual !== undefined && (condition.side === 'either' || condition.side === unusual)
        ? 'breach'
        : 'fine';
    case 'forecast':
      return reachedInS !== undefined && reachedInS <= condition.withinS ? 'breach' : 'fine';
    case 'threshold': {
      if (compare(value, condition.comparison, condition.threshold)) return 'breach';
      const { recovery, comparison } = condition;
      if (recovery === undefined || Number.isNaN(value)) return 'fine';
      const isUp = comparison === '>' || comparison === '>=';
      return (isUp ? value > recovery : value < recovery) ? 'held' : 'fine';
    }
    case 'change': {
      if (before === undefined || Number.isNaN(before) || Number.isNaN(value)) return 'fine';
      const share =
        before === 0 ? (value === 0 ? 0 : Math.sign(value) * Infinity) : (value - before) / Math.abs(before);
      const isMet =
        condition.direction === 'rose'
          ? share > condition.share
          : condition.direction === 'fell'
            ? -share > condition.share
            : Math.abs(share) > condition.share;
      return isMet ? 'breach' : 'fine';
    }
  }
}

function compare(value: number, comparison: string, threshold: number): boolean {
  switch (comparison) {
    case '>':
      return value > threshold;
    case '>=':
      return value >= threshold;
    case '<':
      return value < threshold;
    case '<=':
      return value <= threshold;
    case '==':
      return value === threshold;
    default:
      return !Number.isNaN(value) && value !== threshold;
  }
}
