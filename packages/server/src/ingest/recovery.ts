/**
 * What an earlier process left in the journal of one signal. Nothing is changed here: a segment is loaded with its damage,
 * and what cannot be read is set aside then (`segment-loader.ts`). Here it is counted, so that the books begin with all
 * that was acknowledged.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Clock } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import { commitsPath, readCommits, removeCommits } from './commit-log.ts';
import { isForbidden, type Disk } from './disk.ts';
import { readSegment } from './read-segment.ts';
import { scanSegment } from './scan-segment.ts';
import { settleNames, type SettledNames } from './settle-names.ts';
import { damageOf, tallyOf, tornFromOf, type Damage } from './segment-damage.ts';
import {
  commitsExtension,
  loadingExtension,
  markerOf,
  refusedExtension,
  segmentExtension,
  sequenceOf,
  type Segment,
} from './segment.ts';

export interface Recovered {
  /** Oldest first. */
  readonly segments: readonly Segment[];
  /** Those whose loading had begun: the tables may hold their rows already. */
  readonly inDoubt: ReadonlySet<Segment>;
  readonly nextSequence: number;
  /** Half-written and never acknowledged. */
  readonly tornBytes: number;
  /** What may have been acknowledged and cannot be read. */
  readonly damagedBytes: number;
  readonly damagedItems: number;
  /** Segments whose log of commits is there and whose file is not. */
  readonly missingSegments: number;
  readonly names: SettledNames;
}

interface Found {
  readonly name: string;
  readonly extension: string;
  readonly sequence: number;
}

export interface RecoveryOptions {
  readonly signal: TelemetrySignal;
  readonly directory: string;
  readonly clock: Clock;
  readonly disk: Disk;
}

export async function recoverJournal(options: RecoveryOptions): Promise<Recovered> {
  await mkdir(options.directory, { recursive: true });
  const names = await settleNames(options.directory);
  const found = await findSegments(options.directory);
  const segments: Segment[] = [];
  const inDoubt = new Set<Segment>();
  const damage: Damage[] = [];
  let missingSegments = 0;
  for (const file of found) {
    const recovered = await recoverSegment(options, file);
    if (recovered === undefined) continue;
    segments.push(recovered.segment);
    damage.push(...recovered.damage);
    if (file.extension === commitsExtension) missingSegments += 1;
    if (file.extension === loadingExtension) inDoubt.add(recovered.segment);
  }
  return {
    segments,
    inDoubt,
    nextSequence: (found.at(-1)?.sequence ?? 0) + 1,
    tornBytes: bytesOf(damage.filter(({ reason }) => reason === 'torn')),
    damagedBytes: bytesOf(damage.filter(({ reason }) => reason === 'damaged')),
    damagedItems: damage.reduce((sum, { items }) => sum + items, 0),
    missingSegments,
    names,
  };
}

function bytesOf(damage: readonly Damage[]): number {
  return damage.reduce((sum, { extent }) => sum + (extent === undefined ? 0 : extent.end - extent.start), 0);
}

/**
 * Segments by age, and logs of commits without one. Files of a split that a crash interrupted are removed: the split begins
 * again.
 */
async function findSegments(directory: string): Promise<Found[]> {
  const byName = new Map<string, Found>();
  const leftovers: string[] = [];
  for (const file of await readdir(directory)) {
    const extension = extname(file);
    const name = file.slice(0, file.length - extension.length);
    const sequence = sequenceOf(name);
    if (sequence !== undefined && (extension === segmentExtension || extension === loadingExtension))
      byName.set(name, { name, extension, sequence });
    else if (sequence !== undefined && extension === commitsExtension) {
      if (!byName.has(name)) byName.set(name, { name, extension, sequence });
    } else leftovers.push(file);
  }
  for (const file of leftovers) {
    const isOfSegment =
      extname(file) === refusedExtension && byName.has(file.slice(0, -refusedExtension.length));
    if (!isOfSegment && /\.(?:part|tmp|refused)$/.test(file))
      await rm(join(directory, file), { force: true });
  }
  return [...byName.values()].sort((a, b) => a.sequence - b.sequence || (a.name < b.name ? -1 : 1));
}

/** Undefined where nothing was ever acknowledged of it. */
async function recoverSegment(
  { signal, directory, clock, disk }: RecoveryOptions,
  { name, extension }: Found,
): Promise<{ readonly segment: Segment; readonly damage: readonly Damage[] } | undefined> {
  const isMissing = extension === commitsExtension;
  // A missing segment is treated as one that is empty, whose loading had begun.
  const path = join(directory, name + (isMissing ? loadingExtension : extension));
  const committed = await readCommits(commitsPath(path, name));
  const { bytes, failure } = await readSegment(path, disk);
  if (isForbidden(failure)) throw failure;
  const content = await scanSegment(bytes, markerOf(name));
  const tally = tallyOf(content, committed);
  if (failure === undefined && bytes.length === 0 && tally.projects.size === 0) {
    await removeCommits(commitsPath(path, name));
    await rm(path, { force: true });
    return undefined;
  }
  const tornFrom = tornFromOf(committed);
  const segment: Segment = {
    signal,
    name,
    path,
    // Of the file, which is cut to this length: what cannot be read today stays in it.
    byteLength: failure === undefined ? bytes.length : await sizeOf(path),
    tally,
    ...(tornFrom === undefined ? {} : { tornFrom }),
    oldestMs: clock.monotonicMs(),
  };
  return { segment, damage: damageOf(content, segment) };
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found?.size ?? 0;
}
