/** The normal distribution to the last digits of a double. */

/** The share of a standard normal distribution beyond `z`. */
export function normalTail(z: number): number {
  return 0.5 * complementaryError(z / Math.SQRT2);
}

/** 1 − erf(x): by its series near 0, by the continued fraction further out, where 1 − erf would lose all digits. */
function complementaryError(x: number): number {
  if (x < 0) return 2 - complementaryError(-x);
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum) && n < 200; n++) {
      term *= -(x * x) / n;
      sum += term / (2 * n + 1);
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 100; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / ((x + fraction) * Math.sqrt(Math.PI));
}

/** The value beyond which this share lies, by bisection: the tail falls everywhere. */
export function normalQuantileBeyond(share: number): number {
  let low = -40;
  let high = 40;
  for (let round = 0; round < 100; round++) {
    const middle = (low + high) / 2;
    if (normalTail(middle) > share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
