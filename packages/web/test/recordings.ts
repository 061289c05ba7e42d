import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './stage.ts';
import { post } from './story.ts';

const root = join(import.meta.dirname, '../../..');

/** What a real SDK sent, as if it had happened at `startMs`. Gives the ids of its traces. */
export async function sendRecording(
  otlpHttp: string,
  dialect: string,
  startMs: number,
): Promise<readonly string[]> {
  const ids = new Set<string>();
  for (const signal of ['traces', 'logs'] as const) {
    const path = join(root, 'conformance/dialects', dialect, `${signal}.json`);
    if (!existsSync(path)) continue;
    const text = readFileSync(path, 'utf8');
    const times = [...text.matchAll(timeField)]
      .map(([, , nanos = '0']) => BigInt(nanos))
      .filter((nanos) => nanos > 0n);
    const first = times.reduce((least, nanos) => (nanos < least ? nanos : least));
    const shift = BigInt(startMs) * 1_000_000n - first;
    const body = text.replaceAll(timeField, (_all, name: string, nanos: string) =>
      nanos === '0' ? `"${name}":"0"` : `"${name}":"${BigInt(nanos) + shift}"`,
    );
    for (const [, id = ''] of body.matchAll(/"traceId":\s*"([0-9a-f]{32})"/g)) ids.add(id);
    for (const part of requests(JSON.parse(body) as unknown)) await post(otlpHttp, signal, part);
  }
  return [...ids];
}

const timeField = /"(\w*[tT]imeUnixNano)":\s*"?(\d+)"?/g;

/** A recording is one request, or a list of them. */
function requests(recorded: unknown): readonly unknown[] {
  return Array.isArray(recorded) ? recorded : [recorded];
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
async function allStored(ui: string): Promise<void> {
  await eventually(
    async () =>
      (await (await fetch(`${ui}/api/v1/ledger`)).json()) as { rows: readonly { pending: number }[] },
    ({ rows }) => rows.every(({ pending }) => pending === 0),
  );
}
