/**
 * Finds the records of a segment, also where bytes of it were changed, zeroed, cut out or copied over others: behind what
 * cannot be read the search goes on with the next stamp (see envelope.ts).
 */
import {
  markerAfter,
  readPlainFrame,
  readStampedFrame,
  recordBytes,
  type Frame,
  type StampedFrame,
} from './envelope.ts';
import { Turn } from '../storage/turn.ts';

export interface Extent {
  readonly start: number;
  readonly end: number;
}

export interface ScannedSegment {
  /** Records whose head can be read, in the order they were written. */
  readonly frames: readonly Frame[];
  /** What is no record. */
  readonly gaps: readonly Extent[];
  /** The intact records one after the other: `bytes` itself where nothing is wrong. */
  readonly intactBytes: Uint8Array;
}

/** Records without stamps, one after the other: a part, a piece of the quarantine, a segment of an earlier version. */
export function scanPlain(bytes: Uint8Array): ScannedSegment {
  const frames: Frame[] = [];
  let at = 0;
  while (at < bytes.length) {
    const frame = readPlainFrame(bytes, at);
    if (frame === undefined) break;
    frames.push(frame);
    at = frame.end;
  }
  const gaps = at < bytes.length ? [{ start: at, end: bytes.length }] : [];
  const intact = frames.filter((frame) => frame.intact);
  const isWhole = intact.length === frames.length && gaps.length === 0;
  return {
    frames,
    gaps,
    intactBytes: isWhole ? bytes : Buffer.concat(intact.map(({ start, end }) => bytes.subarray(start, end))),
  };
}

/** A segment of the journal, whose records have this marker. */
export async function scanSegment(bytes: Uint8Array, marker: Uint8Array): Promise<ScannedSegment> {
  const whole = await scanWhole(bytes, marker);
  if (whole !== undefined) return { frames: whole, gaps: [], intactBytes: bytes };
  const found = findStamped(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), marker);
  if (found.length === 0) return scanPlain(bytes);
  const intact = found.filter((frame) => frame.intact);
  return {
    frames: found,
    gaps: gapsBetween(found, bytes.length),
    intactBytes: Buffer.concat(intact.map((frame) => recordBytes(bytes, frame))),
  };
}

/** The records of a segment that is as it was written. */
async function scanWhole(bytes: Uint8Array, marker: Uint8Array): Promise<readonly Frame[] | undefined> {
  const frames: Frame[] = [];
  const turn = new Turn();
  for (let at = 0; at < bytes.length;) {
    const markerAt = markerAfter(bytes, at);
    const isMarked =
      markerAt !== undefined && marker.every((byte, index) => bytes[markerAt + index] === byte);
    const frame = isMarked ? readStampedFrame(bytes, markerAt) : undefined;
    if (frame === undefined || !frame.asWritten || !frame.intact || frame.start !== at) return undefined;
    frames.push(frame);
    at = frame.end;
    if (turn.isOver) await turn.next();
  }
  return frames;
}

/** One record for each offset it was written at: where there are several, blocks of the file were copied. */
function findStamped(bytes: Buffer, marker: Uint8Array): readonly StampedFrame[] {
  const found = new Map<number, StampedFrame>();
  for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + 1)) {
    const frame = readStampedFrame(bytes, at);
    if (frame === undefined) continue;
    const other = found.get(frame.offset);
    if (other === undefined || rank(frame) > rank(other)) found.set(frame.offset, frame);
  }
  return [...found.values()].toSorted((a, b) => a.offset - b.offset);
}

function rank({ intact, start, offset }: StampedFrame): number {
  return (intact ? 2 : 0) + (start === offset ? 1 : 0);
}

function gapsBetween(frames: readonly Frame[], length: number): readonly Extent[] {
  const gaps: Extent[] = [];
  let covered = 0;
  for (const { start, end } of frames.toSorted((a, b) => a.start - b.start)) {
    if (start > covered) gaps.push({ start: covered, end: start });
    covered = Math.max(covered, end);
  }
  if (covered < length) gaps.push({ start: covered, end: length });
  return gaps;
}
