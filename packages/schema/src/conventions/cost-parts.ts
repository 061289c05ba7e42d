/** The cost of a call whose sender gives only its parts: `{"input":0.001,"output":0.002}`. */
import { parseJson } from './derive-source.ts';
import { isRecord } from './messages/json.ts';
import { maximum } from './source.ts';

/**
 * The sum; null where any of the parts is no number of dollars, or one is called the total: it was asked before, and what is beside it is not to be added up.
 */
export function sumOfParts(text: string): number | null {
  const parts = parseJson(text);
  if (!isRecord(parts) || Object.hasOwn(parts, 'total')) return null;
  const dollars = Object.values(parts);
  if (dollars.length === 0 || !dollars.every(isDollars)) return null;
  const sum = dollars.reduce((total, each) => total + each, 0);
  return sum <= maximum.dollars ? sum : null;
}

const isDollars = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && !Object.is(value, -0);
