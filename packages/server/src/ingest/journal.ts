/**
 * The journal of one signal. Appends wait in a queue; one writer takes all that wait, writes them with one call, makes
 * them durable with one fdatasync and then acknowledges them together, so that the cost of the disk is shared by as
 * many requests as arrived meanwhile.
 *
 * Invariant: `active.byteLength` is the durable, acknowledged length. Whatever lies behind it in the file was never
 * acknowledged, and is cut off before anybody reads the segment. The log of commits beside the segment knows this length
 * before anything up to it is acknowledged.
 */
import type { FileHandle } from 'node:fs/promises';
import { mkdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import { CommitLog, commitsPath, removeCommits } from './commit-log.ts';
import { errnoOf, isUnreadable, realDisk, type Disk } from './disk.ts';
import { stampHead } from './envelope.ts';
import { journalFailure } from './journal-failure.ts';
import { markerOf, newSegmentName, segmentExtension, type Segment } from './segment.ts';
import { bump, Tally, type TallyEntry } from './tally.ts';

export interface JournalOptions {
  readonly signal: TelemetrySignal;
  readonly directory: string;
  readonly firstSequence: number;
  readonly segmentBytesMax: number;
  readonly clock: Clock;
  readonly disk?: Disk;
  readonly events: JournalEvents;
}

export interface JournalEvents {
  /** A record became durable. Called before its append resolves. */
  durable(signal: TelemetrySignal, entry: TallyEntry, byteLength: number): void;
  /** The active segment holds its first record. */
  begun(signal: TelemetrySignal): void;
  sealed(segment: Segment): void;
  /** A group commit ended. */
  committed(records: number, byteLength: number, elapsedMs: number): void;
  failed(error: unknown): void;
}

/** One record on its way to the disk: the head and the request, written one after the other. */
export interface JournalRecord {
  readonly head: Uint8Array;
  readonly request: Uint8Array;
  readonly entry: TallyEntry;
}

interface Waiting {
  readonly record: JournalRecord;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Active {
  readonly name: string;
  readonly path: string;
  readonly file: FileHandle;
  readonly commits: CommitLog;
  readonly marker: Uint8Array;
  readonly tally: Tally;
  byteLength: number;
  oldestMs: number;
}

/** Keeps one writev below what the kernel takes in one call (IOV_MAX is 1024 buffers). */
const groupRecordsMax = 500;

export class Journal {
  readonly #options: JournalOptions;
  readonly #disk: Disk;
  #queue: Waiting[] = [];
  #active: Active | undefined;
  #sequence: number;
  /** Of the active segment, or of the next where there is none. */
  #name: string;
  #sealRequested = false;
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#disk = options.disk ?? realDisk;
    this.#sequence = options.firstSequence;
    this.#name = newSegmentName(this.#sequence);
  }

  /** Bytes of the active segment, all durable. */
  get activeBytes(): number {
    return this.#active?.byteLength ?? 0;
  }

  /** Monotonic time of the oldest record of the active segment; undefined where it has none. */
  get activeSinceMs(): number | undefined {
    return this.#active === undefined || this.#active.byteLength === 0 ? undefined : this.#active.oldestMs;
  }

  /** Resolves when the record is on disk. Throws SightlineError `disk_full` or `journal_unavailable`; then it is not. */
  async append(record: JournalRecord): Promise<void> {
    if (this.#closed) throw journalFailure(new Error('the server is stopping'));
    await new Promise<void>((resolve, reject) => {
      this.#queue.push({ record, resolve, reject });
      this.#work();
    });
  }

  /** Closes the active segment as soon as no write is under way, and hands it over through `events.sealed`. */
  requestSeal(): void {
    this.#sealRequested = true;
    this.#work();
  }

  /** Writes what waits, then closes. The active segment stays and is recovered by the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#working !== undefined) await this.#working;
    if (this.#active !== undefined) await closeBoth(this.#active);
    this.#active = undefined;
  }

  #work(): void {
    if (this.#working !== undefined) return;
    this.#working = this.#run().finally(() => {
      this.#working = undefined;
      if (this.#queue.length > 0 || this.#sealRequested) this.#work();
    });
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0 || this.#sealRequested) {
      if (this.#queue.length > 0) await this.#commit(this.#takeGroup());
      const active = this.#active;
      if (this.#sealRequested || (active?.byteLength ?? 0) >= this.#options.segmentBytesMax) {
        this.#sealRequested = false;
        if (active !== undefined && active.byteLength > 0) await this.#seal(active);
      }
    }
  }

  #takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { record } of this.#queue) {
      bytes += record.head.length + record.request.length;
      count += 1;
      if (bytes >= this.#options.segmentBytesMax || count >= groupRecordsMax) break;
    }
    return this.#queue.splice(0, count);
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const { clock, events } = this.#options;
    const beganMs = clock.monotonicMs();
    let active: Active;
    try {
      active = this.#active ??= await this.#open();
    } catch (error) {
      this.#refuse(group, error);
      return;
    }
    const { buffers, end, items } = stamped(active, group);
    try {
      await this.#disk.write(active.file, buffers, active.byteLength);
    } catch (error) {
      this.#refuse(group, error);
      await this.#disk.truncate(active.file, active.byteLength).catch(async () => {
        await this.#seal(active);
      });
      return;
    }
    // Both are awaited even if one fails: then the files are closed, and nothing may still be written to them.
    const [synced, noted] = await Promise.allSettled([
      this.#disk.sync(active.file),
      active.commits.add(end, items),
    ]);
    const failed = [synced, noted].find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') {
      this.#refuse(group, failed.reason);
      await this.#giveUp(active);
      return;
    }
    const bytes = end - active.byteLength;
    this.#acknowledge(active, group, bytes);
    events.committed(group.length, bytes, clock.monotonicMs() - beganMs);
  }

  #acknowledge(active: Active, group: readonly Waiting[], bytes: number): void {
    const { signal, clock, events } = this.#options;
    const first = active.byteLength === 0;
    if (first) active.oldestMs = clock.monotonicMs();
    active.byteLength += bytes;
    for (const { record, resolve } of group) {
      active.tally.add(record.entry);
      events.durable(signal, record.entry, record.head.length + record.request.length);
      resolve();
    }
    if (first) events.begun(signal);
  }

  #refuse(group: readonly Waiting[], error: unknown): void {
    this.#options.events.failed(error);
    for (const { reject } of group) reject(journalFailure(error));
  }

  /** After a failed sync the kernel forgets which pages were not written, so that a second sync proves nothing. */
  async #giveUp(active: Active): Promise<void> {
    const { byteLength, commits, file } = active;
    await Promise.allSettled([commits.takeBack(byteLength), this.#disk.truncate(file, byteLength)]);
    await this.#seal(active);
  }

  async #open(): Promise<Active> {
    const { directory, clock } = this.#options;
    const name = this.#name;
    const path = join(directory, name + segmentExtension);
    await mkdir(directory, { recursive: true });
    const file = await this.#disk.create(path);
    let commits: CommitLog | undefined;
    try {
      commits = await CommitLog.create(commitsPath(path, name), this.#disk);
      await this.#disk.syncDirectory(directory);
    } catch (error) {
      // What cannot be removed either is not to be in the way.
      this.#nameNext();
      await Promise.all([file.close(), commits?.close()]);
      await Promise.all([rm(path, { force: true }), removeCommits(commitsPath(path, name))]);
      throw error;
    }
    return {
      name,
      path,
      file,
      commits,
      marker: markerOf(name),
      tally: new Tally(),
      byteLength: 0,
      oldestMs: clock.monotonicMs(),
    };
  }

  #nameNext(): void {
    this.#sequence += 1;
    this.#name = newSegmentName(this.#sequence);
  }

  /** Takes the active segment out of use. An empty one leaves nothing behind. */
  async #seal(active: Active): Promise<void> {
    this.#active = undefined;
    this.#nameNext();
    const { name, path, byteLength, tally, oldestMs } = active;
    const { signal, events } = this.#options;
    if (byteLength > 0) events.sealed({ signal, name, path, byteLength, tally, oldestMs });
    await closeBoth(active).catch((error: unknown) => events.failed(error));
    if (byteLength === 0)
      await Promise.all([removeCommits(commitsPath(path, name)), rm(path, { force: true })]).catch(
        (error: unknown) => events.failed(error),
      );
  }
}

/** The buffers of a group with the place of each record in its stamp, where they end, and their items by project. */
function stamped(
  { byteLength, marker }: Active,
  group: readonly Waiting[],
): { readonly buffers: Uint8Array[]; readonly end: number; readonly items: ReadonlyMap<string, number> } {
  const items = new Map<string, number>();
  const buffers: Uint8Array[] = [];
  let end = byteLength;
  for (const { record } of group) {
    const { head, request, entry } = record;
    stampHead(head, marker, end);
    end += head.length + request.length;
    buffers.push(head, request);
    bump(items, entry.project, entry.accepted);
  }
  return { buffers, end, items };
}

async function closeBoth({ file, commits }: Active): Promise<void> {
  await Promise.all([file.close(), commits.close()]);
}

/** Cuts off what a failed write left behind the durable length; to be called before the segment is read. */
export async function trimSegment(segment: Segment): Promise<void> {
  try {
    const { size } = await stat(segment.path);
    if (size > segment.byteLength) await truncate(segment.path, segment.byteLength);
  } catch (error) {
    // Whoever reads it counts what is lost with it.
    if (errnoOf(error) !== 'ENOENT' && !isUnreadable(error)) throw error;
  }
}
