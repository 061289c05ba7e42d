/** Quantiles by the engine's DD sketches: small, mergeable, right to 1 %. */

/** What every sketch of ours begins with. */
const accuracy = '0.01';

interface Sketched {
  /** How many values the sketch is of. */
  readonly count: string;
  /** A call of the engine's function with these parameters, over values (`quantilesDD`) or states (`quantilesDDMerge`, of whichever levels). */
  readonly sketch: (parameters: string) => string;
}

/**
 * An array with the value of each level. A sketch gives the value at or before a rank, of two values the lower, also as p95. So where less than one value
 * would lie above a level, the greatest is taken, as the nearest rank would be.
 */
export function quantilesSql(levels: readonly number[], { count, sketch }: Sketched): string {
  const values = sketch([accuracy, ...levels, 1].join(', '));
  const greatest = `${values}[${levels.length + 1}]`;
  const items = levels.map((level, index) => {
    const enough = Math.round(1 / (1 - level));
    return enough <= 2
      ? `${values}[${index + 1}]`
      : `if(${count} < ${enough}, ${greatest}, ${values}[${index + 1}])`;
  });
  return `[${items.join(', ')}]`;
}
