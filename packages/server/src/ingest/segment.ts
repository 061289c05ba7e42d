import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { TelemetrySignal } from '@sightline/schema/api';
import type { Tally } from './tally.ts';

/**
 * A sealed piece of the journal: nothing is added to it any more, and it stays until its rows are in the tables.
 * `path` changes once, when loading begins: the name then says that the tables may already hold its rows.
 */
export interface Segment {
  readonly signal: TelemetrySignal;
  readonly name: string;
  path: string;
  readonly byteLength: number;
  /** What was acknowledged of it, also where its bytes are damaged. */
  readonly tally: Tally;
  /** Where an earlier process wrote it: what cannot be read from here on was never acknowledged. */
  readonly tornFrom?: number;
  /** Monotonic time at which its first record became durable. */
  readonly oldestMs: number;
}

export const segmentExtension = '.seg';
export const loadingExtension = '.loading';
/** Beside a segment: how far it was written, see commit-log.ts. */
export const commitsExtension = '.commits';
/** Beside a segment the engine refused: the tokens of its parts that were refused, see segment-loader.ts. */
export const refusedExtension = '.refused';

/** The number has ten digits, and more where somebody left a file with a greater one. */
const namePattern = /^(?<sequence>\d{10,15})-[0-9a-f]{16}$/;

/** Of a name that is read again. */
const sequenceMax = 999_999_999_999_999;

/** By their number segments are told apart by age, by their random half from those of a journal that was deleted and began again at 1. */
export function newSegmentName(sequence: number): string {
  return `${String(Math.min(sequence, sequenceMax)).padStart(10, '0')}-${randomBytes(8).toString('hex')}`;
}

/** The number of a segment's name, or undefined where `name` is none. */
export function sequenceOf(name: string): number | undefined {
  const sequence = namePattern.exec(name)?.groups?.['sequence'];
  return sequence === undefined ? undefined : Number(sequence);
}

/** The random half of a segment's name, which its records carry: see envelope.ts. */
export function markerOf(name: string): Buffer {
  return Buffer.from(name.slice(-16), 'hex');
}

/** A sealed segment's content never changes, so that its name identifies it, across restarts too. */
export function tokenOf(segment: Pick<Segment, 'signal' | 'name'>): string {
  return `${segment.signal}/${segment.name}`;
}

export function signalDirectory(dataDirectory: string, signal: TelemetrySignal): string {
  return join(dataDirectory, 'journal', signal);
}
