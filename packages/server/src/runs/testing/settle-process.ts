/**
 * A process that loads some rounds of random traces and settles their runs as a server does. Ends itself as a power cut does, before or after a random statement. Settings come
 * as JSON in the first argument. Where it has settled all it says so, and stays until its input ends.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { systemClock, unixNano } from '@sightline/base';
import { openCatalog } from '../../catalog/catalog.ts';
import { LeaseKeeper } from '../../catalog/lease.ts';
import { AgentSpans } from '../../query/testing/agent-spans.ts';
import { tracesRequest } from '../../query/testing/otlp-json.ts';
import { openStore, type StoreOptions } from '../../storage/open-store.ts';
import { recordOf, SegmentLoader } from '../../storage/testing/segments.ts';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import { RunKeeper } from '../run-keeper.ts';
import { randomSpan, randomStep } from './random-steps.ts';

export interface SettleProcessSettings {
  readonly store: StoreOptions;
  /** Traces come in three rounds: how many of them are there. */
  readonly rounds: number;
  /** Statements until the power is cut; 0 for never. */
  readonly steps: number;
  /** Of the control plane, where others settle the same store. */
  readonly postgresUrl?: string;
  readonly holder: string;
}

const settings = JSON.parse(process.argv[2] ?? '') as SettleProcessSettings;
let left = settings.steps;
function step(): void {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}

const opened = await openStore(settings.store, systemClock());
const stepped =
  <Input, Result>(run: (input: Input) => Promise<Result>) =>
  async (input: Input): Promise<Result> => {
    step();
    const result = await run(input);
    step();
    return result;
  };
const store: TelemetryStore = {
  ...opened,
  putRuns: stepped(async (runs) => opened.putRuns(runs)),
  recordRunsProgress: stepped(async (progress) => opened.recordRunsProgress(progress)),
  forgetRunSums: stepped(async (sums) => opened.forgetRunSums(sums)),
  deriveRunSums: stepped(async (sums) => opened.deriveRunSums(sums)),
};
const origin = BigInt(Date.parse('2026-11-20T12:00:00Z')) * 1_000_000n;
const spans = new AgentSpans(origin);
const traces = fc.sample(
  fc.uniqueArray(randomStep, { minLength: 1, maxLength: 8, selector: ({ span }) => span }),
  { numRuns: 150, seed: 5 },
);
const times = { received: unixNano(origin), newest: unixNano(origin + 864_000_000_000_000n) };
const loader = new SegmentLoader(store, mkdtempSync(join(tmpdir(), 'sightline-settle-')));
for (let round = 0; round < settings.rounds; round += 1) {
  const wanted = traces.flatMap((steps, trace) =>
    steps.filter(({ load }) => load === round).map((each) => randomSpan(spans, trace + 1, each)),
  );
  const request = tracesRequest('bot', wanted, { 'service.version': '1' });
  // A load that was done before adds nothing.
  await loader.load('traces', [recordOf('traces', request, times)], `round-${round}`);
}
const clock = systemClock();
const catalog =
  settings.postgresUrl === undefined ? undefined : await openCatalog({ postgresUrl: settings.postgresUrl });
const keeper = new RunKeeper({
  store,
  log: pino({ level: 'silent' }),
  quietMs: 0,
  stepsPerStatement: 100,
  lease: catalog && new LeaseKeeper({ catalog, name: 'settle', holder: settings.holder, clock }),
});
keeper.changed();
while (keeper.unsettledMs !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
process.stdout.write('settled\n');
process.stdin.resume();
process.stdin.once('end', () => {
  void keeper
    .stop()
    .then(async () => catalog?.close())
    .then(async () => store.close())
    .then(() => process.exit(0));
});
