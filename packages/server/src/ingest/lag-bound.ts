/** How old the oldest item of a load is to be when it is seen: some are a quarter later than most, and a second is promised. */
const ageGoalMs = 760;
/** Late loads count for more than early ones: most are to be in time, and not half of them. */
const weights = { late: 0.2, early: 0.1 };
/** As a part of the bound that is given. With less still, loads are smaller and hardly shorter, since most of what a small one takes is its statement. */
const leastPart = 0.5;

/**
 * How much may wait for the loaders, in milliseconds until it is seen. Forecasts know loads and not what else the machine does, so that what comes of them decides:
 * where items are seen later than they should be, less is let in.
 */
export class LagBound {
  readonly #mostMs: number;
  #ms: number;

  constructor(mostMs: number) {
    this.#mostMs = mostMs;
    this.#ms = mostMs;
  }

  get ms(): number {
    return this.#ms;
  }

  /** To be told how old the oldest item of each load was when it could be seen. */
  observe(ageMs: number): void {
    const lateMs = ageMs - ageGoalMs;
    const ms = this.#ms - lateMs * (lateMs > 0 ? weights.late : weights.early);
    this.#ms = Math.min(this.#mostMs, Math.max(this.#mostMs * leastPart, ms));
  }
}
