/**
 * What an earlier process left in the journal of one signal. A torn tail of the newest segment was never acknowledged
 * and is cut off. Damage anywhere else may have been acknowledged data, and goes to the quarantine before the segment
 * is written anew without it.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { formatNanos, type Clock } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import { writeFileDurably } from './disk.ts';
import { scanSegment, type Frame } from './envelope.ts';
import type { Quarantine } from './quarantine.ts';
import {
  loadingExtension,
  refusedExtension,
  segmentExtension,
  sequenceOf,
  tokenOf,
  type Segment,
} from './segment.ts';
import { Tally } from './tally.ts';

export interface Recovered {
  /** Oldest first. */
  readonly segments: readonly Segment[];
  /** Those whose loading had begun: the tables may hold their rows already. */
  readonly inDoubt: ReadonlySet<Segment>;
  readonly nextSequence: number;
  readonly tornBytes: number;
  readonly damagedBytes: number;
}

interface Found {
  readonly name: string;
  readonly extension: string;
  readonly sequence: number;
}

export interface RecoveryOptions {
  readonly signal: TelemetrySignal;
  readonly directory: string;
  readonly quarantine: Quarantine;
  readonly clock: Clock;
}

export async function recoverJournal(options: RecoveryOptions): Promise<Recovered> {
  await mkdir(options.directory, { recursive: true });
  const found = await findSegments(options.directory);
  const segments: Segment[] = [];
  const inDoubt = new Set<Segment>();
  let tornBytes = 0;
  let damagedBytes = 0;
  for (const [index, file] of found.entries()) {
    const isNewest = index === found.length - 1 && file.extension === segmentExtension;
    const recovered = await recoverSegment(options, file, isNewest);
    tornBytes += recovered.tornBytes;
    damagedBytes += recovered.damagedBytes;
    if (recovered.segment === undefined) continue;
    segments.push(recovered.segment);
    if (file.extension === loadingExtension) inDoubt.add(recovered.segment);
  }
  return { segments, inDoubt, nextSequence: (found.at(-1)?.sequence ?? 0) + 1, tornBytes, damagedBytes };
}

/** Segments by age. Files of a split that a crash interrupted are removed: the split begins again. */
async function findSegments(directory: string): Promise<Found[]> {
  const found: Found[] = [];
  const leftovers: string[] = [];
  const files = await readdir(directory);
  for (const file of files) {
    const extension = extname(file);
    const name = file.slice(0, file.length - extension.length);
    const sequence = sequenceOf(name);
    if (sequence !== undefined && (extension === segmentExtension || extension === loadingExtension))
      found.push({ name, extension, sequence });
    else leftovers.push(file);
  }
  const names = new Set(found.map(({ name }) => name));
  for (const file of leftovers) {
    const isOfSegment =
      extname(file) === refusedExtension && names.has(file.slice(0, -refusedExtension.length));
    if (!isOfSegment && /\.(?:part|tmp|refused)$/.test(file))
      await rm(join(directory, file), { force: true });
  }
  return found.sort((a, b) => a.sequence - b.sequence || (a.name < b.name ? -1 : 1));
}

async function recoverSegment(
  options: RecoveryOptions,
  file: Found,
  isNewest: boolean,
): Promise<{
  readonly segment: Segment | undefined;
  readonly tornBytes: number;
  readonly damagedBytes: number;
}> {
  const { signal, directory, clock } = options;
  const path = join(directory, file.name + file.extension);
  const bytes = await readFile(path);
  const { frames, tornAt } = scanSegment(bytes);
  const good = frames.filter((frame) => frame.intact);
  const tail = bytes.subarray(isNewest ? cutOf(frames, tornAt) : tornAt);
  const damaged = frames.filter(
    (frame) => !frame.intact && !(isNewest && frame.start >= cutOf(frames, tornAt)),
  );

  for (const frame of damaged) await setAside(options, file, bytes.subarray(frame.start, frame.end), frame);
  if (!isNewest && tail.length > 0) await setAside(options, file, tail, undefined);

  const byteLength = good.reduce((sum, frame) => sum + frame.end - frame.start, 0);
  if (byteLength !== bytes.length) {
    if (byteLength === 0) await rm(path);
    else
      await writeFileDurably(
        path,
        Buffer.concat(good.map((frame) => bytes.subarray(frame.start, frame.end))),
      );
  }
  const lost = bytes.length - byteLength;
  const tornBytes = isNewest ? tail.length : 0;
  const counts = { tornBytes, damagedBytes: lost - tornBytes };
  if (byteLength === 0) return { segment: undefined, ...counts };
  const segment: Segment = {
    signal,
    name: file.name,
    path,
    byteLength,
    tally: tallyOf(good),
    oldestMs: clock.monotonicMs(),
  };
  return { segment, ...counts };
}

/** Where the torn tail of the newest segment begins: the last run of frames that are not intact belongs to it. */
function cutOf(frames: readonly Frame[], tornAt: number): number {
  const lastIntact = frames.findLast((frame) => frame.intact);
  return lastIntact === undefined ? (frames[0]?.start ?? tornAt) : lastIntact.end;
}

function tallyOf(frames: readonly Frame[]): Tally {
  const tally = new Tally();
  for (const { envelope } of frames)
    if (envelope !== undefined) tally.add({ ...envelope, received: envelope.receivedUnixNano });
  return tally;
}

async function setAside(
  options: RecoveryOptions,
  file: Found,
  bytes: Uint8Array,
  frame: Frame | undefined,
): Promise<void> {
  const { signal, quarantine, clock } = options;
  const token = tokenOf({ signal, name: file.name });
  await quarantine.put(
    `${token}/damaged-${frame?.start ?? 'tail'}`,
    bytes,
    {
      signal,
      project: frame?.envelope?.project ?? '',
      items: frame?.envelope?.accepted ?? 0,
      reason: 'damaged',
      message: `The journal segment ${token} holds bytes that are not what was written.`,
    },
    formatNanos(clock.now()),
  );
}
