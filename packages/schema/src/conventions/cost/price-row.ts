/** US dollars per million tokens. A part without a price of its own is charged as the whole it belongs to. */
export interface Rates {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** Anthropic's writes that are kept for an hour instead of five minutes. */
  readonly cacheWrite1h: number;
  readonly reasoning: number;
  readonly inputAudio: number;
  readonly outputAudio: number;
  /** US dollars per call. */
  readonly request: number;
}

/**
 * What a model costs under one condition. A model has several rows where its price changed, depends on the time of day
 * or rises with the length of the prompt: the last row that applies counts.
 */
export interface PriceRow extends Rates {
  /** Applies from this time on: seconds since 1970. */
  readonly validFrom: number;
  /** Applies between these seconds of a UTC day; over midnight where the first is larger. */
  readonly dayFrom: number;
  readonly dayTo: number;
  /** Applies to calls with more input tokens than this; -1 for all. */
  readonly inputAbove: number;
}

export const secondsPerDay = 86_400;

/** The row for a call, or undefined where none applies. The twin of `rowSql`. */
export function findPriceRow(
  rows: readonly PriceRow[],
  seconds: number,
  inputTokens: number,
): PriceRow | undefined {
  const second = seconds % secondsPerDay;
  return rows.findLast(
    (row) =>
      row.validFrom <= seconds &&
      row.inputAbove < inputTokens &&
      (row.dayFrom <= row.dayTo
        ? second >= row.dayFrom && second < row.dayTo
        : second >= row.dayFrom || second < row.dayTo),
  );
}
