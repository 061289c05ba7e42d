/** Sums of floating point numbers depend on their order in the last digit; lists of models and of equals have no order. */
export function settle(answer: unknown): unknown {
  if (Array.isArray(answer))
    return answer.map(settle).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof answer === 'number') return Number(answer.toPrecision(9));
  if (typeof answer !== 'object' || answer === null) return answer;
  return Object.fromEntries(
    Object.entries(answer)
      .filter(([name]) => name !== 'nextCursor')
      .map(([name, value]) => [name, settle(value)]),
  );
}
