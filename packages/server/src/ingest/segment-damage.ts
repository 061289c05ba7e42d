/** What of a segment cannot be read any more, compared with what was acknowledged of it. */
import type { Extent, ScannedSegment } from './scan-segment.ts';
import type { Segment } from './segment.ts';
import { bump, Tally } from './tally.ts';
import type { Committed } from './commit-log.ts';

/** One piece for the quarantine. */
export interface Damage {
  /** Undefined where nothing is left to be kept. */
  readonly extent: Extent | undefined;
  /** '' where it is not known. */
  readonly project: string;
  readonly items: number;
  /** `torn` was never acknowledged. */
  readonly reason: 'damaged' | 'torn';
}

/**
 * Every item of the segment's tally is in an intact record or in one of these pieces. Items that no record tells of any
 * more are ascribed to the bytes between records, in order, or to none.
 */
export function damageOf(
  { frames, gaps }: Pick<ScannedSegment, 'frames' | 'gaps'>,
  { tally, tornFrom = Infinity }: Pick<Segment, 'tally' | 'tornFrom'>,
): readonly Damage[] {
  const damage: Damage[] = [];
  const lost = new Map([...tally.projects].map(([project, { accepted }]) => [project, accepted]));
  for (const { start, end, offset, envelope, intact } of frames) {
    const { project, accepted } = envelope;
    const isTorn = !intact && offset >= tornFrom;
    if (!isTorn) bump(lost, project, -accepted);
    if (isTorn) damage.push({ extent: { start, end }, project: '', items: 0, reason: 'torn' });
    else if (!intact) damage.push({ extent: { start, end }, project, items: accepted, reason: 'damaged' });
  }
  const unascribed = [...lost].filter(([, items]) => items > 0);
  for (const extent of gaps) {
    const isTorn = extent.start >= tornFrom;
    const [project, items] = (isTorn ? undefined : unascribed.shift()) ?? ['', 0];
    damage.push({ extent, project, items, reason: isTorn ? 'torn' : 'damaged' });
  }
  for (const [project, items] of unascribed)
    damage.push({ extent: undefined, project, items, reason: 'damaged' });
  return damage;
}

/** What was acknowledged of a segment that an earlier process wrote, as far as its records and its log of commits tell. */
export function tallyOf({ frames }: Pick<ScannedSegment, 'frames'>, committed: Committed | undefined): Tally {
  const tally = new Tally();
  const tornFrom = tornFromOf(committed) ?? Infinity;
  const lost = new Map(committed?.items);
  for (const { envelope, offset, intact } of frames) {
    if (!intact && offset >= tornFrom) continue;
    tally.add({ ...envelope, received: envelope.receivedUnixNano });
    if (offset < (committed?.bytes ?? 0)) bump(lost, envelope.project, -envelope.accepted);
  }
  for (const [project, accepted] of lost)
    if (accepted > 0) tally.add({ project, accepted, rejections: [], received: undefined });
  return tally;
}

export function tornFromOf(committed: Committed | undefined): number | undefined {
  return committed?.isExact === true ? committed.bytes : undefined;
}
