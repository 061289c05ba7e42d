/** Prices are multiples of less than this; what is below it comes from the order in which floats were added. */
const costUnit = 1e10;

/** Dollars as every view says them, whatever they were added up by. */
export const wholeCost = (usd: number | null): number | null =>
  usd === null ? null : Math.round(usd * costUnit) / costUnit;
