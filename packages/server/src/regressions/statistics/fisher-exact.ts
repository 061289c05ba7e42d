/** Whether failures are as frequent on both sides, counted over all tables with these sums. Two-sided; equals scipy.stats.fisher_exact. */
export function fisherExact(
  { failed: a, of: n }: { readonly failed: number; readonly of: number },
  { failed: b, of: m }: { readonly failed: number; readonly of: number },
): number {
  const failed = a + b;
  const weight = (x: number): number => logChoose(n, x) + logChoose(m, failed - x) - logChoose(n + m, failed);
  const own = weight(a);
  let p = 0;
  for (let x = Math.max(0, failed - m); x <= Math.min(n, failed); x++)
    // Equal tables differ in the last digits of their logarithms.
    if (weight(x) <= own + 1e-7) p += Math.exp(weight(x));
  return Math.min(1, p);
}

const logChoose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k);

const known: number[] = [0];
const knownMax = 1_000;

/** Added up where that is short, Stirling's series beyond. */
function logFactorial(n: number): number {
  if (n <= knownMax) {
    for (let at = known.length; at <= n; at++) known.push((known[at - 1] ?? 0) + Math.log(at));
    return known[n] ?? 0;
  }
  const x = n + 1;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3);
}
