/** How many durations there were of each length, to 1 %: what is counted in parts adds up to what is counted at once, to the digit. */

/** Each bucket ends 2 % above the one before. */
const logGrowth = Math.log(1.02);
/** Of durations below a nanosecond: there are none that last less. */
const lowest = -700;
/** Beyond a century. */
const highest = 1500;

export class DurationCounts {
  #from = 0;
  #counts = new Float64Array(0);

  addMs(durationMs: number, count: number): void {
    const place = durationMs > 0 ? Math.ceil(Math.log(durationMs) / logGrowth) : lowest;
    this.add(Math.min(highest, Math.max(lowest, place)), count);
  }

  add(place: number, count: number): void {
    const at = place - this.#from;
    if (at < 0 || at >= this.#counts.length) this.#reach(place);
    this.#counts[place - this.#from] = (this.#counts[place - this.#from] ?? 0) + count;
  }

  addAll(other: DurationCounts): void {
    for (const [place, count] of other.entries()) this.add(place, count);
  }

  /** Places in their order, and how many durations each has: those with any. */
  entries(): readonly (readonly [place: number, count: number])[] {
    const entries: [number, number][] = [];
    for (const [at, count] of this.#counts.entries()) if (count > 0) entries.push([this.#from + at, count]);
    return entries;
  }

  /** Null where there are none. */
  quantileMs(level: number): number | null {
    let all = 0;
    for (const count of this.#counts) all += count;
    if (all === 0) return null;
    const rank = level * (all - 1);
    let below = 0;
    for (const [at, count] of this.#counts.entries()) {
      below += count;
      if (below > rank) return middleMs(this.#from + at);
    }
    return null;
  }

  #reach(place: number): void {
    const length = this.#counts.length;
    const from = length === 0 ? place : Math.min(this.#from, place - 8);
    const to = length === 0 ? place + 1 : Math.max(this.#from + length, place + 9);
    const counts = new Float64Array(to - from);
    counts.set(this.#counts, length === 0 ? 0 : this.#from - from);
    this.#counts = counts;
    this.#from = from;
  }
}

function middleMs(place: number): number {
  return place === lowest ? 0 : Number((Math.exp(place * logGrowth) / 1.01).toPrecision(4));
}
