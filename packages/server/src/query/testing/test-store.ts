/** A real embedded store for tests, filled through real segments. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type UnixNano, unixNano } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import { admit, defaultAdmissionLimits, jsonToProtobuf } from '@sightline/schema/otlp';
import { encodeEnvelope } from '../../ingest/envelope.ts';
import { openStore } from '../../storage/open-store.ts';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';

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

export class TestStore {
  readonly clock: TestClock;
  readonly store: TelemetryStore;
  readonly #directory: string;

  constructor(store: TelemetryStore, clock: TestClock, directory: string) {
    this.store = store;
    this.clock = clock;
    this.#directory = directory;
  }

  static async open(now: Date): Promise<TestStore> {
    const directory = await mkdtemp(join(tmpdir(), 'sightline-query-'));
    const clock = new TestClock(BigInt(now.getTime()) * 1_000_000n);
    const store = await openStore(
      { kind: 'embedded', directory: join(directory, 'store'), writers: 1, readers: 2 },
      clock,
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
    return new TestStore(await openStore({ kind: 'clickhouse', ...servers }, clock), clock, directory);
  }

  get context(): { store: TelemetryStore; clock: Clock; project: string } {
    return { store: this.store, clock: this.clock, project: 'default' };
  }

  /** An OTLP/JSON request, received now. */
  async loadJson(
    signal: TelemetrySignal,
    request: unknown,
    receivedNanos = this.clock.nowNanos,
  ): Promise<void> {
    const protobuf = jsonToProtobuf(signal, Buffer.from(JSON.stringify(request)));
    if (!protobuf.ok) throw new Error(protobuf.error.message);
    await this.loadProtobuf(signal, protobuf.value, receivedNanos);
  }

  async loadProtobuf(
    signal: TelemetrySignal,
    bytes: Uint8Array,
    receivedNanos = this.clock.nowNanos,
  ): Promise<void> {
    const admitted = admit(signal, bytes, {
      ...defaultAdmissionLimits,
      oldestUnixNano: unixNano(0n),
      newestUnixNano: unixNano(this.clock.nowNanos + 2n * day),
    });
    if (!admitted.ok) throw new Error(admitted.error.message);
    const { request, accepted, rejections } = admitted.value;
    const received = unixNano(receivedNanos);
    const record = encodeEnvelope({
      signal,
      project: 'default',
      receivedUnixNano: received,
      accepted,
      rejections,
      request,
    });
    const token = randomUUID();
    const path = join(this.#directory, `${token}.segment`);
    await writeFile(path, record);
    await this.store.load({ signal, path, byteLength: record.byteLength, token });
    await rm(path);
  }

  async close(): Promise<void> {
    await this.store.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
