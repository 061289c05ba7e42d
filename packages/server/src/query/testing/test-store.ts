/** A real embedded store for tests, filled through real segments. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock, type UnixNano, unixNano } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import { jsonToProtobuf } from '@sightline/schema/otlp';
import { pino } from 'pino';
import { RunKeeper } from '../../runs/run-keeper.ts';
import { openStore } from '../../storage/open-store.ts';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import { recordOf, recordOfProtobuf, SegmentLoader } from '../../storage/testing/segments.ts';
import { prepareStore } from '../../testing/prepared-data.ts';

export const day = 86_400_000_000_000n;

/** Stands still until it is told to move. */
export class TestClock implements Clock {
  nowNanos: bigint;

  constructor(nowNanos: bigint) {
    this.nowNanos = nowNanos;
  }

  now(): UnixNano {
    return unixNano(this.nowNanos);
  }

  monotonicMs(): number {
    return performance.now();
  }
}

/** The clock is that of questions and of what is received. The store has the machine's, by which the engine stamps rows. */
export class TestStore {
  readonly clock: TestClock;
  readonly store: TelemetryStore;
  readonly #directory: string;
  readonly #segments: SegmentLoader;
  readonly #runs: RunKeeper;
  /** Undefined where something changed since. */
  #settled: Promise<void> | undefined;

  constructor(store: TelemetryStore, clock: TestClock, directory: string) {
    this.store = {
      ...store,
      load: this.#changing(async (segment) => store.load(segment)),
      priceSpans: this.#changing(async (spans) => store.priceSpans(spans)),
      rederiveDay: this.#changing(async (day) => store.rederiveDay(day)),
      deleteTrace: this.#changing(async (trace) => store.deleteTrace(trace)),
    };
    this.clock = clock;
    this.#directory = directory;
    this.#segments = new SegmentLoader(this.store, directory);
    this.#runs = new RunKeeper({ store, log: pino({ level: 'silent' }) });
  }

  static async open(now: Date): Promise<TestStore> {
    const directory = await mkdtemp(join(tmpdir(), 'sightline-query-'));
    const clock = new TestClock(BigInt(now.getTime()) * 1_000_000n);
    await prepareStore(join(directory, 'store'));
    const store = await openStore(
      { kind: 'embedded', directory: join(directory, 'store'), writers: 1, readers: 2 },
      systemClock(),
    );
    return new TestStore(store, clock, directory);
  }

  /** Over servers that run already. */
  static async openServers(
    now: Date,
    servers: { readonly urls: readonly string[]; readonly cluster?: string },
  ): Promise<TestStore> {
    const directory = await mkdtemp(join(tmpdir(), 'sightline-query-'));
    const clock = new TestClock(BigInt(now.getTime()) * 1_000_000n);
    const store = await openStore({ kind: 'clickhouse', ...servers }, systemClock());
    return new TestStore(store, clock, directory);
  }

  /** What is asked in it finds all runs settled. */
  get context(): { store: TelemetryStore; clock: Clock; project: string; settle: () => Promise<void> } {
    const settle = async (): Promise<void> => (this.#settled ??= this.#runs.settled());
    return { store: this.store, clock: this.clock, project: 'default', settle };
  }

  #changing<Input, Result>(change: (input: Input) => Promise<Result>): (input: Input) => Promise<Result> {
    return async (input) =>
      change(input).finally(() => {
        this.#settled = undefined;
      });
  }

  /** The context, and the text of every statement that is asked in it. */
  recorded(): { readonly context: TestStore['context']; readonly statements: readonly string[] } {
    const statements: string[] = [];
    const { store } = this;
    const query: TelemetryStore['query'] = async (statement, limits) => {
      statements.push(statement.sql);
      return store.query(statement, limits);
    };
    return { context: { ...this.context, store: { ...store, query } }, statements };
  }

  /** Requests that came side by side: one load, which takes half a second of CPU however little it brings. */
  async loadTogether(signal: TelemetrySignal, requests: readonly unknown[]): Promise<void> {
    const { nowNanos } = this.clock;
    const options = { received: unixNano(nowNanos), newest: unixNano(nowNanos + 2n * day) };
    await this.#segments.load(
      signal,
      requests.map((request) => recordOf(signal, request, options)),
    );
  }

  /** An OTLP/JSON request, received now. */
  async loadJson(
    signal: TelemetrySignal,
    request: unknown,
    receivedNanos = this.clock.nowNanos,
    project = 'default',
  ): Promise<void> {
    const protobuf = jsonToProtobuf(signal, Buffer.from(JSON.stringify(request)));
    if (!protobuf.ok) throw new Error(protobuf.error.message);
    await this.loadProtobuf(signal, protobuf.value, receivedNanos, project);
  }

  async loadProtobuf(
    signal: TelemetrySignal,
    bytes: Uint8Array,
    receivedNanos = this.clock.nowNanos,
    project = 'default',
  ): Promise<void> {
    const received = unixNano(receivedNanos);
    const newest = unixNano(this.clock.nowNanos + 2n * day);
    await this.#segments.load(signal, [recordOfProtobuf(signal, bytes, { project, received, newest })]);
  }

  async close(): Promise<void> {
    await this.#runs.stop();
    await this.store.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
