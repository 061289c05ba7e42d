import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { recordedRequests } from '../../../conformance/dialects/recorded-requests.ts';
import { eventually } from './stage.ts';
import { post } from './story.ts';

const root = join(import.meta.dirname, '../../..');

/** What a real SDK sent, as if it had happened at `startMs`. Gives the ids of its traces. */
export async function sendRecording(
  otlpHttp: string,
  dialect: string,
  startMs: number,
): Promise<readonly string[]> {
  const { requests, traceIds } = recordedRequests(dialect, startMs);
  for (const { signal, request } of requests) await post(otlpHttp, signal, request);
  return traceIds;
}

/** Every scenario of `sightline demo` once, told by the same seed each time. */
export async function playDemo(ui: string): Promise<void> {
  await promisify(execFile)(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(root, 'packages/cli/src/main.ts'),
      'demo',
      '--once',
      '--seed',
      '11',
      '--url',
      ui,
    ],
    { timeout: 60_000 },
  );
  await allStored(ui);
}

/** Resolves when everything that was acknowledged can be seen. */
export async function allStored(ui: string): Promise<void> {
  await eventually(
    async () =>
      (await (await fetch(`${ui}/api/v1/ledger`)).json()) as {
        rows: readonly { pending: number }[];
        runs: { unsettledMs: number | null };
      },
    ({ rows, runs }) => rows.every(({ pending }) => pending === 0) && runs.unsettledMs === null,
  );
}
