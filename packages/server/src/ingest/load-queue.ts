import { loadingExtension, type Segment } from './segment.ts';

/**
 * The sealed segments of one signal that wait for their load, by age. The oldest and the newest are taken in turn: the backlog is
 * worked off, and what happens now is seen now.
 *
 * Invariant: a segment whose load has begun is taken before any other. The tables know its token again only among their newest.
 */
export class LoadQueue {
  #segments: Segment[] = [];
  #isNewestNext = true;

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Whether what came last is next: what is not sealed yet, if there is any. */
  get wantsNewest(): boolean {
    return this.#isNewestNext && !this.#segments.some(mayBeStored);
  }

  /** Whether some tables may hold a part of what waits. */
  get hasHalves(): boolean {
    return this.#segments.some(mayBeStored);
  }

  add(segment: Segment): void {
    this.#segments.push(segment);
  }

  /** For one whose load failed. */
  putBack(segment: Segment): void {
    this.#segments.unshift(segment);
  }

  take(): Segment | undefined {
    const half = this.#segments.findIndex(mayBeStored);
    if (half >= 0) return this.#segments.splice(half, 1)[0];
    const taken = this.#isNewestNext ? this.#segments.pop() : this.#segments.shift();
    this.#isNewestNext = this.#segments.length === 0 || !this.#isNewestNext;
    return taken;
  }
}

/** Loading began, in this process or in an earlier one. */
export function mayBeStored({ path }: Segment): boolean {
  return path.endsWith(loadingExtension);
}
