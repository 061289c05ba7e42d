/**
 * The promise between admission and the engine: whatever is let in, loads, and nothing of it is lost. Held against the
 * conformance cases and against thousands of damaged requests that still parse.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { systemClock, unixNano } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import {
  admit,
  type AdmissionRules,
  type Admitted,
  defaultAdmissionLimits,
  jsonToProtobuf,
} from '@sightline/schema/otlp';

import { seededRandom } from '@sightline/base';
import { fuzzSeeds, mutate } from '../packages/schema/src/otlp/fuzz.testing.ts';
import { encodeEnvelope } from '../packages/server/src/ingest/envelope.ts';
import { openStore } from '../packages/server/src/storage/open-store.ts';
import type { TelemetryStore } from '../packages/server/src/storage/telemetry-store.ts';
import { loadCases } from './load.ts';

const seed = Number(process.env['SIGHTLINE_FUZZ_SEED'] ?? 20_261_121);
const survivorsPerSignal = 1_500;
const day = 86_400_000_000_000n;
const tables: Readonly<Record<TelemetrySignal, string>> = {
  traces: 'spans',
  logs: 'logs',
  metrics: 'metric_points',
};

const clock = systemClock();
const directory = mkdtempSync(join(tmpdir(), 'sightline-conformance-'));
let store: TelemetryStore;
let segments = 0;

beforeAll(async () => {
  store = await openStore({ kind: 'embedded', directory: join(directory, 'store') }, clock);
});

afterAll(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

function rulesAt(now: bigint): AdmissionRules {
  return {
    oldestUnixNano: unixNano(now - 300n * day),
    newestUnixNano: unixNano(now + day),
    receivedUnixNano: unixNano(now),
    ...defaultAdmissionLimits,
  };
}

/** Loads the requests as one segment and returns how many rows they became. */
async function load(signal: TelemetrySignal, admitted: readonly Admitted[]): Promise<number> {
  const token = `segment-${segments++}`;
  const receivedUnixNano = clock.now();
  const envelopes = admitted.map(({ request, accepted, rejections }) =>
    encodeEnvelope({ signal, project: token, receivedUnixNano, accepted, rejections, request }),
  );
  const bytes = Buffer.concat(envelopes);
  const path = join(directory, token);
  writeFileSync(path, bytes);
  await store.load({ signal, path, byteLength: bytes.length, token });
  const { rows } = await store.query<{ rows: string }>({
    sql: `SELECT toString(count()) AS rows FROM ${tables[signal]} WHERE project = {project:String}`,
    params: { project: token },
  });
  return Number(rows[0]?.rows);
}

/** The requests that the engine refuses or loses items of; found by halving, the first few of them. */
async function findCulprits(signal: TelemetrySignal, admitted: readonly Admitted[]): Promise<string[]> {
  const expected = admitted.reduce((sum, { accepted }) => sum + accepted, 0);
  const outcome = await load(signal, admitted).catch((error: unknown) => String(error).slice(0, 200));
  if (outcome === expected) return [];
  const [first] = admitted;
  if (admitted.length === 1 && first) {
    return [`${outcome} instead of ${expected} rows: ${Buffer.from(first.request).toString('hex')}`];
  }
  const half = Math.ceil(admitted.length / 2);
  const culprits = await findCulprits(signal, admitted.slice(0, half));
  return culprits.length >= 3
    ? culprits
    : [...culprits, ...(await findCulprits(signal, admitted.slice(half)))];
}

const cases = loadCases({ nowUnixNano: clock.now() }).filter((one) => one.expect.status === 200);

test.each(Object.keys(tables) as TelemetrySignal[])(
  'the engine loads every admitted case of %s',
  async (signal) => {
    const admitted = cases
      .filter((one) => one.signal === signal)
      .map(({ contentType, contentEncoding, body, nowUnixNano }) => {
        const plain = contentEncoding === 'gzip' ? gunzipSync(body) : body;
        const request = contentType === 'application/json' ? unwrap(jsonToProtobuf(signal, plain)) : plain;
        return unwrap(admit(signal, request, rulesAt(nowUnixNano)));
      });
    expect(await findCulprits(signal, admitted)).toEqual([]);
  },
  120_000,
);

test.each(Object.keys(tables) as TelemetrySignal[])(
  'the engine loads every damaged request of %s that was admitted',
  async (signal) => {
    const now = clock.now();
    const random = seededRandom(seed);
    const json = JSON.stringify(fuzzSeeds[signal]).replaceAll(
      '1795000000',
      String(now / 1_000_000_000n - 100n),
    );
    const original = unwrap(jsonToProtobuf(signal, Buffer.from(json)));
    const rules = { ...rulesAt(now), attributeValueBytesMax: 100, depthMax: 4 };
    const survivors: Admitted[] = [];
    while (survivors.length < survivorsPerSignal) {
      const admitted = admit(signal, mutate(original, random), rules);
      if (admitted.ok && admitted.value.accepted > 0) survivors.push(admitted.value);
    }
    expect(await findCulprits(signal, survivors), `seed ${seed}`).toEqual([]);
  },
  300_000,
);

function unwrap<T>(result: { ok: true; value: T } | { ok: false; error: { message: string } }): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
