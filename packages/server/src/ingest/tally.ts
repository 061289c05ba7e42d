import type { UnixNano } from '@sightline/base';
import type { Rejection } from './envelope.ts';

/** What one project sent of one signal. */
export interface ProjectTally {
  accepted: number;
  readonly rejections: Map<string, number>;
  lastReceived: UnixNano | undefined;
}

/** One request's worth of counts. */
export interface TallyEntry {
  readonly project: string;
  readonly accepted: number;
  readonly rejections: readonly Rejection[];
  readonly received: UnixNano | undefined;
}

/** Accepted and rejected items of one signal by project. Moves between books whole: see Ledger. */
export class Tally {
  readonly projects = new Map<string, ProjectTally>();

  add(entry: TallyEntry): void {
    const own = this.#of(entry.project);
    own.accepted += entry.accepted;
    for (const { reason, count } of entry.rejections) bump(own.rejections, reason, count);
    own.lastReceived = later(own.lastReceived, entry.received);
  }

  /** Adds `other` once (`sign` 1) or takes it away (`sign` −1). */
  merge(other: Tally, sign: 1 | -1): void {
    for (const [project, counts] of other.projects) {
      const own = this.#of(project);
      own.accepted += sign * counts.accepted;
      for (const [reason, count] of counts.rejections) bump(own.rejections, reason, sign * count);
      own.lastReceived = later(own.lastReceived, counts.lastReceived);
    }
  }

  copy(): Tally {
    const result = new Tally();
    result.merge(this, 1);
    return result;
  }

  get accepted(): number {
    let sum = 0;
    for (const { accepted } of this.projects.values()) sum += accepted;
    return sum;
  }

  #of(project: string): ProjectTally {
    let own = this.projects.get(project);
    if (own === undefined) {
      own = { accepted: 0, rejections: new Map(), lastReceived: undefined };
      this.projects.set(project, own);
    }
    return own;
  }
}

export function bump(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function later(a: UnixNano | undefined, b: UnixNano | undefined): UnixNano | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}
