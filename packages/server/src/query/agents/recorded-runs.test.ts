/**
 * What every recorded run is, held against conformance/runs.json: its tokens and dollars were told by the rule as it stood in five places before (ADR 0020), to the cent. `UPDATE_GOLDEN=1` writes the file anew.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unixNano } from '@sightline/base';
import { runsParameters } from '@sightline/schema/api';
import { recordedDialects } from '../../../../../conformance/dialects/read-recording.ts';
import { recordedRequests } from '../../../../../conformance/dialects/recorded-requests.ts';
import { recordOf, SegmentLoader } from '../../storage/testing/segments.ts';
import { TestStore } from '../testing/test-store.ts';
import { findRuns } from './find-runs.ts';

const start = Date.parse('2026-11-21T11:30:00Z');
const file = join(import.meta.dirname, '../../../../../conformance/runs.json');
let telemetry: TestStore;
let directory: string;

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T11:50:00Z'));
  directory = await mkdtemp(join(tmpdir(), 'sightline-recorded-'));
});
afterAll(async () => {
  await telemetry.close();
  await rm(directory, { recursive: true, force: true });
});

test('every recorded run is what it was', async () => {
  const received = unixNano(telemetry.clock.nowNanos);
  const dialectOf = new Map<string, string>();
  const recorded = recordedDialects().flatMap((dialect) => {
    const { requests, traceIds } = recordedRequests(dialect, start);
    for (const id of traceIds) dialectOf.set(id, dialect);
    return requests;
  });
  const loader = new SegmentLoader(telemetry.store, directory);
  for (const signal of ['logs', 'traces'] as const)
    await loader.load(
      signal,
      recorded
        .filter((each) => each.signal === signal)
        .map(({ request }) => recordOf(signal, request, { received, newest: received })),
    );
  const range = { from: '-1h', to: 'now', limit: 1000 };
  const { runs } = await findRuns(telemetry.context, runsParameters.parse(range));
  const told = runs
    .map(({ scores: _scores, models, ...run }) => ({
      dialect: dialectOf.get(run.traceId) ?? '',
      ...run,
      models: models
        .map(({ model, calls, costUsd }) => [model, calls, costUsd] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    }))
    .toSorted((a, b) => (a.dialect + a.traceId < b.dialect + b.traceId ? -1 : 1));
  const found = `${JSON.stringify(told, null, 1)}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, found);
  expect(JSON.parse(found)).toEqual(JSON.parse(readFileSync(file, 'utf8')));
}, 120_000);
