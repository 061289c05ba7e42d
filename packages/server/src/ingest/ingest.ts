/**
 * The receiving half of the server: admission → gate → journal → acknowledgement, and behind it journal → loader →
 * tables, with the ledger as the witness of both. Receivers (HTTP, gRPC, import) are thin doors in front of `accept`.
 */
import type { Logger } from 'pino';
import { nanosFromMs, unixNano, type Clock } from '@sightline/base';
import {
  type Canary as CanaryState,
  type LedgerResponse,
  type QuarantineResent,
  type TelemetrySignal,
  telemetrySignal,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import {
  admit,
  clockSkewNanosMax,
  defaultAdmissionLimits,
  type AdmissionRules,
} from '@sightline/schema/otlp';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import { BufferPool } from './buffer-pool.ts';
import { Canary } from './canary.ts';
import { Connections } from './connections.ts';
import { isDiskFault, realDisk, type Disk } from './disk.ts';
import { encodeEnvelopeHead } from './envelope.ts';
import { Gate } from './gate.ts';
import { Counters, gauge, type Metric, VisibleAfter } from './ingest-metrics.ts';
import { Journal, type JournalEvents } from './journal.ts';
import { Ledger, type StoredTotals } from './ledger.ts';
import { limitsOf, type IngestLimits } from './limits.ts';
import { Loader, type LoaderEvents } from './loader.ts';
import { MemoryBudget } from './memory-budget.ts';
import { Quarantine } from './quarantine.ts';
import { recoverJournal, type Recovered } from './recovery.ts';
import { resendQuarantine } from './resend-quarantine.ts';
import { SegmentLoader } from './segment-loader.ts';
import { signalDirectory, type Segment } from './segment.ts';

export interface IngestOptions {
  readonly dataDirectory: string;
  readonly store: Pick<TelemetryStore, 'load' | 'engine'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Sums of the store's ledger table; see Ledger.rebase. */
  readonly readStoredTotals: () => Promise<readonly StoredTotals[]>;
  /** Whether a trace can be read through the query path; without it there is no canary. */
  readonly isTraceVisible?: (project: string, traceId: string) => Promise<boolean>;
  /** Items older than this are refused. Read at every request, since it can be changed while the server runs. */
  readonly retentionDays: () => Readonly<Record<TelemetrySignal, number>>;
  readonly canaryIntervalMs?: number;
  readonly limits?: Partial<IngestLimits>;
  /** For tests. */
  readonly disk?: Disk;
  readonly stuckMs?: number;
}

export interface IngestRequest {
  readonly signal: TelemetrySignal;
  readonly project: string;
  /** An `Export…ServiceRequest` in protobuf. Not to be changed by the caller until `accept` settles. */
  readonly request: Uint8Array;
  /** Whether the sender has given up. See Gate. */
  readonly isAbandoned?: () => boolean;
}

export interface Receipt {
  readonly rejected: number;
  /** For `partial_success`: what was refused or changed and why; '' where all is well. */
  readonly errorMessage: string;
}

const msPerDay = 86_400_000;
const startupMsMax = 5_000;
const wholeMsMax = 60_000;
const rebaseIntervalMs = 10_000;
const resentPiecesMax = 20;
const filesLoggedMax = 20;

/**
 * Recovers the journal and starts loading. Resolves when requests can be accepted.
 * @throws SightlineError `data_directory_unwritable`.
 */
export async function openIngest(options: IngestOptions): Promise<Ingest> {
  const quarantine = new Quarantine(options.dataDirectory, options.disk);
  const recovered = await recoverAll(options);
  await quarantine.measure();
  const ingest = new Ingest(options, quarantine, recovered);
  await ingest.start(recovered);
  return ingest;
}

async function recoverAll({
  dataDirectory,
  clock,
  disk = realDisk,
}: IngestOptions): Promise<ReadonlyMap<TelemetrySignal, Recovered>> {
  const recovered = new Map<TelemetrySignal, Recovered>();
  for (const signal of telemetrySignal.options) {
    const directory = signalDirectory(dataDirectory, signal);
    try {
      recovered.set(signal, await recoverJournal({ signal, directory, clock, disk }));
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new SightlineError(
        'data_directory_unwritable',
        `Cannot recover the journal in "${directory}": ${detail}.`,
        {
          hint: 'Give this user access to it, or free space on its disk. Nothing in it was changed.',
          cause: error,
        },
      );
    }
  }
  return recovered;
}

/** Failures of the journal are counted each, and logged this often. */
const failureLogEveryMs = 10_000;
/** A server without traffic would never learn that its journal can be written again. */
const failureCountsMs = 30_000;

export class Ingest {
  readonly limits: IngestLimits;
  readonly counters = new Counters();
  readonly memory: MemoryBudget;
  /** The bound on connections, which every port takes on. */
  readonly connections: Connections;
  /** Buffers for the bodies of requests, shared by the receivers. */
  readonly bodies: BufferPool;
  readonly #options: IngestOptions;
  readonly #quarantine: Quarantine;
  readonly #ledger = new Ledger();
  readonly #visibleAfter = new VisibleAfter();
  readonly #journals = new Map<TelemetrySignal, Journal>();
  readonly #loader: Loader;
  readonly #gate: Gate;
  readonly #canary: Canary | undefined;
  #rebaseTimer: NodeJS.Timeout | undefined;
  /** The last task that wanted no loads. */
  #quietTask: Promise<unknown> = Promise.resolve();
  #resending: Promise<unknown> = Promise.resolve();
  #closing = false;
  #failureLoggedMs = -Infinity;
  /** The last write of a journal, where it failed. */
  #journalFailed: { readonly message: string; readonly atMs: number } | undefined;

  constructor(
    options: IngestOptions,
    quarantine: Quarantine,
    recovered: ReadonlyMap<TelemetrySignal, Recovered>,
  ) {
    const { store, clock, dataDirectory, disk = realDisk } = options;
    this.#options = options;
    this.#quarantine = quarantine;
    this.limits = limitsOf(options.limits);
    this.memory = new MemoryBudget(this.limits.memoryBytesMax);
    const { connectionsMax } = this.limits;
    this.connections = new Connections({ connectionsMax, counters: this.counters, log: options.log });
    this.bodies = new BufferPool(this.limits.bodiesKeptBytesMax);
    for (const signal of telemetrySignal.options) {
      const journal = new Journal({
        signal,
        directory: signalDirectory(dataDirectory, signal),
        firstSequence: recovered.get(signal)?.nextSequence ?? 1,
        segmentBytesMax: this.limits.segmentBytesMax,
        clock,
        events: this.#journalEvents(),
        disk,
      });
      this.#journals.set(signal, journal);
    }
    this.#loader = new Loader({
      journals: this.#journals,
      segmentLoader: new SegmentLoader({ store, quarantine, clock, disk }),
      clock,
      loadEveryMs: this.limits.loadEveryMs,
      disk,
      ...(options.stuckMs === undefined ? {} : { stuckMs: options.stuckMs }),
      events: this.#loaderEvents(),
    });
    const view = {
      journalBytes: () => this.#journalBytes(),
      quarantineBytes: () => quarantine.bytes,
      isAway: (signal: TelemetrySignal) => this.#loader.isAwayFor(signal),
    };
    this.#gate = new Gate(this.limits, view, clock);
    this.#canary = this.#makeCanary();
  }

  /** Called by openIngest. Segments whose rows may already be stored are settled first, so that nothing is counted twice. */
  async start(recovered: ReadonlyMap<TelemetrySignal, Recovered>): Promise<void> {
    const inDoubt = new Set<Segment>();
    const segments: Segment[] = [];
    for (const [signal, found] of recovered) {
      this.#reportRecovery(signal, found);
      segments.push(...found.segments);
      for (const segment of found.segments) this.#ledger.recovered(segment);
      for (const segment of found.inDoubt) inDoubt.add(segment);
    }
    for (const segment of inDoubt) this.#loader.add(segment);
    const isSettled = await this.#loader.settled(inDoubt, startupMsMax);
    if (isSettled) await this.#takeStock();
    else void this.#loader.settled(inDoubt, Infinity).then(async () => this.#takeStock());
    for (const segment of segments) if (!inDoubt.has(segment)) this.#loader.add(segment);
    this.#canary?.start();
  }

  /** To be called once for each request that came. `outcome` is `stored` or the code of the error, `other` what asks for no signal. */
  countRequest(signal: TelemetrySignal | 'other', transport: 'http' | 'grpc', outcome: string): void {
    this.counters.add('sightline_ingest_requests_total', { signal, transport, outcome }, 1);
  }

  /**
   * Admits one request and resolves when its bytes are on disk.
   * @throws SightlineError `unreadable_payload`, `overloaded`, `disk_full`, `journal_unavailable`, `not_ready`; nothing
   * of the request is kept then.
   */
  async accept({ signal, project, request, isAbandoned }: IngestRequest): Promise<Receipt> {
    if (this.#closing)
      throw new SightlineError('not_ready', 'The request was not stored: the server is stopping.', {
        hint: 'Send it again; OpenTelemetry exporters do so by themselves.',
        retryAfterS: 2,
      });
    const entry = { signal, bytes: request.length, ...(isAbandoned === undefined ? {} : { isAbandoned }) };
    return this.#gate.through(entry, async () => this.#admitAndJournal({ signal, project, request }));
  }

  async #admitAndJournal({ signal, project, request }: IngestRequest): Promise<Receipt> {
    const received = this.#options.clock.now();
    const admitted = admit(signal, request, this.#rules(signal, received));
    if (!admitted.ok)
      throw new SightlineError(
        'unreadable_payload',
        `The OTLP request cannot be decoded: ${admitted.error.message}.`,
        {
          hint: 'Check that the body is an OTLP export request of this signal in the encoding the content type names.',
        },
      );
    const { accepted, rejections, errorMessage, request: kept } = admitted.value;
    const rejected = rejections.reduce((sum, { count }) => sum + count, 0);
    if (accepted + rejected > 0) {
      const envelope = { signal, project, receivedUnixNano: received, accepted, rejections, request: kept };
      const entry = { project, accepted, rejections, received };
      const journal = this.#journals.get(signal);
      await journal?.append({ head: encodeEnvelopeHead(envelope), request: kept, entry });
    }
    return { rejected, errorMessage };
  }

  ledger(): Omit<LedgerResponse, 'runs'> {
    return {
      rows: this.#ledger.rows(),
      journal: {
        bytes: this.#journalBytes(),
        bytesMax: this.limits.journalBytesMax,
        quarantineBytes: this.#quarantine.bytes,
        segments: this.#loader.segments + this.#activeJournals(),
        oldestPendingMs: this.#oldestPendingMs(),
      },
      canary: this.canaryState,
    };
  }

  /**
   * Runs a task while nothing is loaded and what was loaded before is in all tables. What is received meanwhile is journalled, and
   * loaded afterwards. One task at a time: what is deleted while a day is copied would come back with the copy. Throws StoreError
   * `unavailable` where the store does not take in for so long what it has begun with.
   */
  async whileLoadsWait<T>(task: () => Promise<T>, timeoutMs = wholeMsMax): Promise<T> {
    const done = this.#quietTask.then(async () => this.#loader.quietlyWhenWhole(task, timeoutMs));
    this.#quietTask = done.catch(() => undefined);
    return done;
  }

  /**
   * Tries to store what the engine refused, `piecesMax` pieces after the one named `after`. One call at a time does something.
   * @throws StoreError `unavailable`.
   */
  async resendQuarantine(after: string): Promise<QuarantineResent> {
    const { store, log } = this.#options;
    const resend = async (): Promise<QuarantineResent> => {
      const result = await resendQuarantine(
        {
          store,
          quarantine: this.#quarantine,
          aside: async (task) => this.#loader.aside(task),
          stored: (piece) => this.#ledger.resent(piece),
        },
        { after, piecesMax: resentPiecesMax },
      );
      // A piece may have been in the tables already, left behind by a process that was killed: they know what is counted.
      if (result.stored > 0)
        await this.#loader
          .quietlyWhenWhole(async () => this.#rebase(), startupMsMax)
          .catch((error: unknown) =>
            log.warn(
              { err: error },
              'The totals of the ledger cannot be read; they follow with the next start.',
            ),
          );
      return result;
    };
    const done = this.#resending.catch(() => undefined).then(resend);
    this.#resending = done;
    return done;
  }

  /** For the doors, to tell of failures nobody foresaw. */
  get log(): Logger {
    return this.#options.log;
  }

  get canaryState(): CanaryState {
    return this.#canary?.state ?? { state: 'off', lastOk: null, lastVisibleMs: null, error: null };
  }

  /** True while segments cannot be loaded because the store does not answer. */
  get isStoreAway(): boolean {
    return this.#loader.isAway;
  }

  /** Files of the quarantine that cannot be read: the ledger lacks what they count. */
  get unreadableReasons(): readonly string[] {
    return this.#quarantine.unreadable;
  }

  /** What was acknowledged and cannot be moved on because the disk of the data directory fails; undefined where nothing is. */
  get diskFailure(): string | undefined {
    const { segments, error } = this.#loader.stuck;
    const { pieces, failure } = this.#quarantine.unwritten;
    const said = error instanceof Error ? error.message : String(error);
    const found = [
      ...(segments === 0 ? [] : [`${segments} segments of the journal cannot be loaded: ${said}.`]),
      ...(pieces === 0 ? [] : [`${pieces} pieces cannot be put into the quarantine: ${failure}.`]),
    ];
    return found.length === 0 ? undefined : found.join(' ');
  }

  /** Why records are not acknowledged, or not loaded, at present; undefined where they are. */
  get journalFailure(): string | undefined {
    const bytes = this.#journalBytes() + this.#quarantine.bytes;
    if (bytes >= this.limits.journalBytesMax)
      return `The journal and the quarantine are full: ${bytes} bytes of ${this.limits.journalBytesMax}.`;
    const failed = this.#journalFailed;
    if (failed === undefined || this.#options.clock.monotonicMs() - failed.atMs > failureCountsMs)
      return this.diskFailure;
    return `The journal cannot be written: ${failed.message}`;
  }

  metrics(): Metric[] {
    const oldestMs = this.#oldestPendingMs();
    const canary = this.canaryState;
    return [
      ...this.counters.list(),
      ...this.connections.metrics(),
      this.#visibleAfter.metric(),
      gauge('sightline_journal_bytes', 'Bytes of segments on disk.', this.#journalBytes()),
      gauge(
        'sightline_journal_bytes_max',
        'Bound of sightline_journal_bytes and sightline_quarantine_bytes together.',
        this.limits.journalBytesMax,
      ),
      gauge(
        'sightline_quarantine_bytes',
        'Bytes that were accepted and that the engine refused.',
        this.#quarantine.bytes,
      ),
      gauge(
        'sightline_quarantine_unreadable_pieces',
        'Pieces of the quarantine whose reason cannot be read, so that the ledger does not count them.',
        this.#quarantine.unreadable.length,
      ),
      gauge(
        'sightline_journal_segments',
        'Segments on disk.',
        this.#loader.segments + this.#activeJournals(),
      ),
      gauge(
        'sightline_journal_stuck_segments',
        'Segments that cannot be loaded because the disk fails.',
        this.#loader.stuck.segments,
      ),
      gauge(
        'sightline_quarantine_unwritten_pieces',
        'Pieces that the disk does not take into the quarantine; their segments stay in the journal.',
        this.#quarantine.unwritten.pieces,
      ),
      gauge(
        'sightline_journal_oldest_pending_seconds',
        'Age of the oldest record not yet stored.',
        (oldestMs ?? 0) / 1000,
      ),
      gauge('sightline_ingest_memory_bytes', 'Bytes of requests in progress.', this.memory.bytes),
      gauge(
        'sightline_ingest_waiting_bytes',
        'Bytes of requests held back by the gate.',
        this.#gate.waitingBytes,
      ),
      gauge('sightline_store_up', 'Whether the store takes in segments.', this.isStoreAway ? 0 : 1),
      gauge(
        'sightline_canary_up',
        'Whether the last canary span became visible.',
        canary.state === 'ok' ? 1 : 0,
      ),
      gauge(
        'sightline_canary_visible_seconds',
        'From acknowledgement to visible, last time.',
        canary.lastVisibleMs === null ? null : canary.lastVisibleMs / 1000,
      ),
      this.#ledgerMetric(),
    ];
  }

  /** Writes what was let in, waits for loads under way, and leaves the rest of the journal for the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#rebaseTimer);
    await this.#canary?.close();
    for (const journal of this.#journals.values()) await journal.close();
    await this.#loader.close();
  }

  #rules(signal: TelemetrySignal, now: bigint): AdmissionRules {
    const keptMs = this.#options.retentionDays()[signal] * msPerDay;
    return {
      oldestUnixNano: unixNano(now - nanosFromMs(keptMs)),
      newestUnixNano: unixNano(now + clockSkewNanosMax),
      receivedUnixNano: unixNano(now),
      ...defaultAdmissionLimits,
    };
  }

  #journalEvents(): JournalEvents {
    return {
      durable: (signal, entry, byteLength) => {
        this.#ledger.journaled(signal, entry);
        this.counters.add('sightline_ingest_accepted_items_total', { signal }, entry.accepted);
        this.counters.add('sightline_ingest_bytes_total', { signal }, byteLength);
        for (const { reason, count } of entry.rejections)
          this.counters.add('sightline_ingest_rejected_items_total', { signal, reason }, count);
      },
      begun: () => this.#loader.pump(),
      sealed: (segment) => this.#loader.add(segment),
      committed: (records, _bytes, elapsedMs) => {
        this.#journalFailed = undefined;
        this.counters.add('sightline_journal_commits_total', {}, 1);
        this.counters.add('sightline_journal_commit_records_total', {}, records);
        this.counters.add('sightline_journal_commit_seconds_total', {}, elapsedMs / 1000);
      },
      failed: (error) => {
        this.counters.add('sightline_journal_failures_total', {}, 1);
        const { message } = error instanceof Error ? error : { message: String(error) };
        this.#journalFailed = { message, atMs: this.#options.clock.monotonicMs() };
        // On a full disk every request fails, and the log may be on the same disk.
        const nowMs = this.#options.clock.monotonicMs();
        if (nowMs - this.#failureLoggedMs < failureLogEveryMs) return;
        this.#failureLoggedMs = nowMs;
        this.#options.log.error({ err: error }, 'The journal cannot be written.');
      },
    };
  }

  #loaderEvents(): LoaderEvents {
    const { log } = this.#options;
    return {
      resolved: (segment, setAside, elapsedMs) => {
        const { signal } = segment;
        this.#ledger.resolved(segment, setAside);
        this.counters.add('sightline_load_segments_total', { signal }, 1);
        this.counters.add('sightline_load_bytes_total', { signal }, segment.byteLength);
        this.counters.add('sightline_load_seconds_total', { signal }, elapsedMs / 1000);
        for (const { reason, message, items } of setAside)
          log.error(
            { segment: segment.name, signal, items, reason },
            `Set aside in the quarantine: ${message}`,
          );
        const ageMs = this.#options.clock.monotonicMs() - segment.oldestMs;
        this.#visibleAfter.observe(signal, ageMs / 1000);
      },
      retrying: (segment, error, attempt) => {
        this.counters.add('sightline_load_retries_total', { signal: segment.signal }, 1);
        log.warn(
          { err: error, segment: segment.name, attempt },
          isDiskFault(error)
            ? 'A segment of the journal cannot be loaded: the disk fails; trying again.'
            : 'The store does not take in a segment; trying again.',
        );
      },
      stuck: ({ signal, name }, error) => {
        log.error(
          { err: error, segment: name, signal },
          'A segment of the journal cannot be loaded: the disk does not let it be renamed. Others go on; it is tried again.',
        );
      },
      undeletable: (segment, error) => {
        log.error(
          { err: error, segment: segment.name },
          'A stored segment cannot be deleted from the journal.',
        );
      },
      ended: () => this.#gate.release(),
    };
  }

  #makeCanary(): Canary | undefined {
    const { isTraceVisible, clock, canaryIntervalMs = 15_000 } = this.#options;
    if (isTraceVisible === undefined) return undefined;
    return new Canary({
      intervalMs: canaryIntervalMs,
      timeoutMs: 5_000,
      clock,
      send: async (project, request) => this.accept({ signal: 'traces', project, request }),
      isVisible: isTraceVisible,
    });
  }

  #reportRecovery(signal: TelemetrySignal, found: Recovered): void {
    const { tornBytes, damagedBytes, damagedItems, missingSegments, segments, names } = found;
    this.counters.add('sightline_journal_torn_bytes_total', { signal }, tornBytes);
    this.counters.add('sightline_journal_damaged_bytes_total', { signal }, damagedBytes);
    const { log } = this.#options;
    if (tornBytes > 0)
      log.warn(
        { signal, tornBytes },
        'The journal ends in the middle of a record, which was not acknowledged.',
      );
    if (damagedBytes > 0 || damagedItems > 0)
      log.error(
        { signal, damagedBytes, damagedItems, missingSegments },
        'The journal is damaged: acknowledged items cannot be read. They are counted in the quarantine.',
      );
    if (names.copies.length > 0)
      log.error(
        { signal, files: names.copies.slice(0, filesLoggedMax), count: names.copies.length },
        'Copies of segments lie in the journal. They are left alone, with the ending .copy: their records are taken once.',
      );
    if (names.renamed.length > 0)
      log.error(
        { signal, files: names.renamed.slice(0, filesLoggedMax), count: names.renamed.length },
        'Segments of the journal had other names than when they were written, and got those back.',
      );
    if (segments.length > 0)
      log.info({ signal, segments: segments.length }, 'Loading what the last run left.');
  }

  /** Begins the books with what the store and the quarantine hold, and keeps up with what other servers store. */
  async #takeStock(): Promise<void> {
    const { log, store } = this.#options;
    let waitMs = rebaseIntervalMs;
    try {
      await this.#loader.quietly(async () => this.#rebase());
      if (store.engine.kind === 'embedded') return;
    } catch (error) {
      log.warn({ err: error }, 'The totals of the ledger cannot be read; trying again.');
      waitMs = 1_000;
    }
    if (!this.#closing) this.#rebaseTimer = setTimeout(() => void this.#takeStock(), waitMs).unref();
  }

  async #rebase(): Promise<void> {
    const before = this.#quarantine.unreadable.length;
    this.#ledger.rebase(await this.#options.readStoredTotals(), await this.#quarantine.list());
    const files = this.#quarantine.unreadable;
    if (files.length > before)
      this.#options.log.error(
        { files: files.slice(0, filesLoggedMax), count: files.length },
        'Reasons in the quarantine cannot be read: the ledger lacks what they count.',
      );
  }

  #journalBytes(): number {
    let bytes = this.#loader.sealedBytes;
    for (const journal of this.#journals.values()) bytes += journal.activeBytes;
    return bytes;
  }

  #activeJournals(): number {
    return [...this.#journals.values()].filter((journal) => journal.activeBytes > 0).length;
  }

  #oldestPendingMs(): number | null {
    const oldestMs = this.#loader.oldestMs;
    return oldestMs === undefined ? null : this.#options.clock.monotonicMs() - oldestMs;
  }

  #ledgerMetric(): Metric {
    const samples = this.#ledger.rows().flatMap((row) =>
      (['received', 'accepted', 'stored', 'pending', 'rejected', 'quarantined'] as const).map((state) => ({
        labels: { project: row.project, signal: row.signal, state },
        value: row[state],
      })),
    );
    return { name: 'sightline_ledger_items', help: 'The ledger: items by state.', type: 'gauge', samples };
  }
}
