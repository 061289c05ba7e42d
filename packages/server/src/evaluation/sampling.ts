import { createHash } from 'node:crypto';

/** Whether the trace is among the `rate` of traces that are looked at: by a hash, so that every server and every restart decide alike. */
export function isSampled(traceId: string, rate: number): boolean {
  if (rate >= 1) return true;
  const hash = createHash('sha256').update(traceId.toLowerCase()).digest();
  return hash.readUIntBE(0, 6) / 2 ** 48 < rate;
}

/** One score per evaluator and trace: judging again replaces it. */
export function scoreIdOf(evaluatorId: string, traceId: string): string {
  return `ev-${createHash('sha256').update(`${evaluatorId}:${traceId.toLowerCase()}`).digest('hex').slice(0, 32)}`;
}
