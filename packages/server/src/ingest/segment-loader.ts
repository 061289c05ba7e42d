/**
 * Brings one segment into the tables. Its records are checked first, and only what is as it was written is given to the
 * engine; the rest of what was acknowledged goes to the quarantine, counted. Where the engine refuses it, the segment is halved, by records and then by
 * items, until the culprit is alone; that goes to the quarantine and everything else into the tables.
 *
 * Every part has a token that follows from the segment's name and the part's place in it, and what was refused is
 * remembered beside the segment, so that a process that is killed in the middle and starts again takes exactly the
 * same steps: what is already in the tables is recognised by its token.
 */
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join, dirname } from 'node:path';
import { formatNanos, type Clock } from '@sightline/base';
import { countItems, splitRequest } from '@sightline/schema/otlp';
import { StoreError, type TelemetryStore } from '../storage/telemetry-store.ts';
import { type Disk, readText } from './disk.ts';
import { encodeEnvelope, type Envelope, type Frame } from './envelope.ts';
import type { Quarantine, Quarantined } from './quarantine.ts';
import { readSegment, type SegmentBytes } from './read-segment.ts';
import { scanSegment } from './scan-segment.ts';
import { damageOf, type Damage } from './segment-damage.ts';
import { markerOf, refusedExtension, tokenOf, type Segment } from './segment.ts';

export interface SegmentLoaderOptions {
  readonly store: Pick<TelemetryStore, 'load'>;
  readonly quarantine: Quarantine;
  readonly clock: Clock;
  readonly disk: Disk;
}

interface Part {
  readonly token: string;
  readonly envelopes: readonly Envelope[];
}

/** What became of a segment. */
export interface Loaded {
  readonly setAside: readonly Quarantined[];
  /** Whether all of it is in the tables or in the quarantine. If not, its file is still needed: the next start tries again. */
  readonly isKept: boolean;
}

const nothingAside: Loaded = { setAside: [], isKept: true };
const nobodyKnows: Damage = { extent: undefined, project: '', items: 0, reason: 'damaged' };

/** The project of what Sightline sends to itself. */
export const reservedProject = '_canary';

export class SegmentLoader {
  readonly #options: SegmentLoaderOptions;

  constructor(options: SegmentLoaderOptions) {
    this.#options = options;
  }

  /**
   * Resolves when everything is in the tables that is not set aside. Throws what the store throws when it is not a matter of
   * this segment; then call again later.
   */
  async load(segment: Segment): Promise<Loaded> {
    const read = await readSegment(segment.path, this.#options.disk);
    const { bytes } = read;
    const { frames, gaps, intactBytes } = await scanSegment(bytes, markerOf(segment.name));
    const intact = frames.filter((frame) => frame.intact);
    const refused =
      intact.length === 0 ? nothingAside : await this.#loadIntact({ segment, bytes: intactBytes }, intact);
    // What is damaged is counted only now, in one step with what is stored: until then all of it is pending.
    const damaged = await this.#setAside(segment, read, damageOf({ frames, gaps }, segment));
    return {
      setAside: [...damaged.setAside, ...refused.setAside],
      isKept: damaged.isKept && refused.isKept,
    };
  }

  async #loadIntact(
    { segment, bytes }: { readonly segment: Segment; readonly bytes: Uint8Array },
    frames: readonly Frame[],
  ): Promise<Loaded> {
    const token = tokenOf(segment);
    const split = await Split.open(this.#options, segment);
    if (!split.wasRefused(token)) {
      try {
        await this.#options.store.load({ ...segment, bytes, byteLength: bytes.length, token });
        return nothingAside;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        await this.#assertEngineIsSound(segment, error);
        await split.remember(token, describe(error));
      }
    }
    await split.divide({ token, envelopes: frames.map(({ envelope }) => envelope) });
    return { setAside: split.setAside, isKept: split.isKept };
  }

  async #setAside(
    segment: Segment,
    { bytes, failure }: SegmentBytes,
    found: readonly Damage[],
  ): Promise<Loaded> {
    const { signal, name } = segment;
    const token = tokenOf(segment);
    const at = formatNanos(this.#options.clock.now());
    const { quarantine } = this.#options;
    const setAside: Quarantined[] = [];
    let isKept = true;
    const isUnreadable = failure !== undefined;
    // Where nothing tells any more how many items there were, the loss is told all the same.
    const damage = isUnreadable && found.length === 0 ? [nobodyKnows] : found;
    for (const [index, { extent, project, items, reason }] of damage.entries()) {
      const place = extent === undefined ? 'Bytes' : `Bytes ${extent.start} to ${extent.end}`;
      const message = isUnreadable
        ? `${place} of the journal segment ${signal}/${name} cannot be read: ${failure instanceof Error ? failure.message : 'no reason is known'}. The file is kept in the quarantine.`
        : reason === 'torn'
          ? `${place} of the journal segment ${signal}/${name} were being written when the process ended, and were not acknowledged.`
          : `${place} of the journal segment ${signal}/${name} are not what was written: the disk, or another program, changed or lost them.`;
      const kept =
        extent === undefined || isUnreadable ? new Uint8Array() : bytes.subarray(extent.start, extent.end);
      const why = { signal, project, items, reason: isUnreadable ? 'unreadable' : reason, message };
      const { entry, isWritten } = await quarantine.put(`${token}/${reason}-${index}`, kept, why, at);
      setAside.push(entry);
      isKept &&= isWritten;
      if (isUnreadable && index === damage.length - 1)
        isKept = (await quarantine.keep(token, segment.path, why)) && isKept;
    }
    return { setAside, isKept };
  }

  /** A refusal says something about the data only if the engine takes in a segment with nothing in it. */
  async #assertEngineIsSound(segment: Segment, refusal: StoreError): Promise<void> {
    const path = join(dirname(segment.path), `${segment.name}-probe.part`);
    const bytes = encodeEnvelope({
      signal: segment.signal,
      project: reservedProject,
      receivedUnixNano: this.#options.clock.now(),
      accepted: 0,
      rejections: [],
      request: new Uint8Array(),
    });
    await writeFile(path, bytes);
    try {
      await this.#options.store.load({
        signal: segment.signal,
        path,
        byteLength: bytes.length,
        token: `${tokenOf(segment)}/probe`,
      });
    } catch (cause) {
      throw new StoreError('unavailable', `The engine refuses everything: ${refusal.message}`, { cause });
    } finally {
      await rm(path, { force: true });
    }
  }
}

/** The halving of one segment. */
class Split {
  readonly #options: SegmentLoaderOptions;
  readonly #segment: Segment;
  readonly #journalPath: string;
  /** Messages of refusals by token, those of an earlier process included. */
  readonly #refusals: Map<string, string>;
  readonly setAside: Quarantined[] = [];
  isKept = true;

  constructor(options: SegmentLoaderOptions, segment: Segment, path: string, refusals: Map<string, string>) {
    this.#options = options;
    this.#segment = segment;
    this.#journalPath = path;
    this.#refusals = refusals;
  }

  static async open(options: SegmentLoaderOptions, segment: Segment): Promise<Split> {
    const path = join(dirname(segment.path), segment.name + refusedExtension);
    const text = await readText(path).catch(() => '');
    const refusals = new Map<string, string>();
    for (const line of text.split('\n')) {
      const [token, message] = line.split('\t', 2);
      if (token !== undefined && message !== undefined) refusals.set(token, message);
    }
    return new Split(options, segment, path, refusals);
  }

  wasRefused(token: string): boolean {
    return this.#refusals.has(token);
  }

  async remember(token: string, message: string): Promise<void> {
    const line = message.replaceAll(/[\t\n\r]+/g, ' ').slice(0, 2000);
    this.#refusals.set(token, line);
    await appendFile(this.#journalPath, `${token}\t${line}\n`, { flush: true });
  }

  /** Loads the parts of what was refused as a whole. */
  async divide(part: Part): Promise<void> {
    for (const smaller of this.#parts(part)) await this.#load(smaller);
  }

  #parts({ token, envelopes }: Part): Part[] {
    const [only, ...others] = envelopes;
    if (only === undefined) return [];
    if (others.length > 0) {
      const middle = Math.ceil(envelopes.length / 2);
      return [
        { token: `${token}/0`, envelopes: envelopes.slice(0, middle) },
        { token: `${token}/1`, envelopes: envelopes.slice(middle) },
      ];
    }
    const requests = trySplit(only);
    const parts = requests.map((request, index) => {
      const accepted = requests.length === 1 ? only.accepted : countItems(only.signal, request);
      return { token: `${token}/${index}`, envelopes: [{ ...only, accepted, rejections: [], request }] };
    });
    // The count of what was rejected at the door travels alone, so that it reaches the ledger whatever befalls the items.
    const nothing = { ...only, accepted: 0, request: new Uint8Array() };
    return only.rejections.length === 0 ? parts : [{ token: `${token}/r`, envelopes: [nothing] }, ...parts];
  }

  async #load(part: Part): Promise<void> {
    if (!this.wasRefused(part.token)) {
      try {
        await this.#loadFile(part);
        return;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        await this.remember(part.token, describe(error));
      }
    }
    const [only] = part.envelopes;
    if (part.envelopes.length === 1 && only !== undefined && isIndivisible(only))
      await this.#put(part.token, only);
    else await this.divide(part);
  }

  async #loadFile({ token, envelopes }: Part): Promise<void> {
    const { signal, path: segmentPath, name } = this.#segment;
    const path = join(dirname(segmentPath), `${name}-split.part`);
    const bytes = Buffer.concat(envelopes.map(encodeEnvelope));
    await writeFile(path, bytes);
    try {
      await this.#options.store.load({ signal, path, byteLength: bytes.length, token });
    } finally {
      await rm(path, { force: true });
    }
  }

  async #put(token: string, envelope: Envelope): Promise<void> {
    const message = this.#refusals.get(token) ?? '';
    const { signal, project, accepted: items } = envelope;
    const why = { signal, project, items, reason: reasonOf(message), message };
    const at = formatNanos(this.#options.clock.now());
    const { quarantine } = this.#options;
    const { entry, isWritten } = await quarantine.put(token, encodeEnvelope(envelope), why, at);
    this.setAside.push(entry);
    this.isKept &&= isWritten;
  }
}

function isRefusal(error: unknown): error is StoreError {
  return error instanceof StoreError && error.kind === 'refused';
}

function isIndivisible(envelope: Envelope): boolean {
  if (envelope.request.length === 0) return true;
  return envelope.rejections.length === 0 && trySplit(envelope).length <= 1;
}

/** Halves, or the request alone where it has one item, or is so broken that items cannot be told apart. */
function trySplit({ signal, request }: Envelope): readonly Uint8Array[] {
  try {
    return splitRequest(signal, request);
  } catch {
    return [request];
  }
}

/** What the engine said, with the name of the error, which the store's own message may leave out. */
function describe(error: StoreError): string {
  const name = error.cause instanceof Error ? nameOf(error.cause.message) : undefined;
  return name === undefined || nameOf(error.message) !== undefined
    ? error.message
    : `${error.message} (${name})`;
}

/** The engine ends its messages with the name of the error: `… (CANNOT_PARSE_TEXT)`. */
function nameOf(message: string): string | undefined {
  return /\((?<name>[A-Z][A-Z0-9_]{3,})\)/.exec(message)?.groups?.['name'];
}

function reasonOf(message: string): string {
  return nameOf(message) ?? 'refused';
}
