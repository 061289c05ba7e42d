import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  runsParameters,
  sessionParameters,
  sessionsParameters,
  tracesParameters,
} from '@sightline/schema/api';
import { findTraces } from '../find-traces.ts';
import { hexId, tracesRequest } from '../testing/otlp-json.ts';
import { day, TestStore } from '../testing/test-store.ts';
import { findSessions, readSession } from './find-run-groups.ts';
import { findRuns } from './find-runs.ts';

vi.setConfig({ testTimeout: 120_000 });

let telemetry: TestStore;
const hours = { '36 h': 36, '3 days': 72, '12 days': 288, '20 days': 480 };
const steps = 11;

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const runs = Object.entries(hours).map(([name, lasts], index) => longRun(index + 1, name, lasts));
  await telemetry.loadTogether('traces', runs);
});
afterAll(async () => telemetry.close());

/** An agent that asks its model ten times from its beginning until half an hour ago. */
function longRun(trace: number, name: string, lastsH: number): unknown {
  const lasts = BigInt(lastsH) * (day / 24n);
  const start = telemetry.clock.nowNanos - lasts;
  const traceId = hexId(32, trace);
  const spanId = hexId(16, trace * 100);
  const halfAnHour = day / 48n;
  const session = { 'gen_ai.conversation.id': `session of ${name}` };
  const call = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm', ...session };
  return tracesRequest('bot', [
    {
      traceId,
      spanId,
      name,
      startNanos: start,
      durationNanos: lasts - day / 96n,
      attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'patient', ...session },
    },
    ...Array.from({ length: steps - 1 }, (_, index) => ({
      traceId,
      spanId: hexId(16, trace * 100 + index + 1),
      parentSpanId: spanId,
      startNanos: start + ((lasts - halfAnHour) * BigInt(index)) / BigInt(steps - 2),
      attributes: { ...call, 'gen_ai.usage.input_tokens': 100 },
    })),
  ]);
}

const whole = Object.keys(hours).toSorted();
const named = (list: readonly { readonly name: string; readonly steps: number }[]): readonly string[] =>
  list
    .filter((run) => run.steps === steps)
    .map(({ name }) => name)
    .toSorted();

test('runs of days are whole in the lists of an hour', async () => {
  const { context } = telemetry;
  const range = { from: '-1h' };
  expect(named((await findRuns(context, runsParameters.parse(range))).runs)).toEqual(whole);
  const sorted = runsParameters.parse({ ...range, sort: '-inputTokens' });
  expect(named((await findRuns(context, sorted)).runs)).toEqual(whole);
  const { traces } = await findTraces(context, tracesParameters.parse({ from: '-36h' }));
  expect(traces.map(({ spanCount }) => spanCount)).toEqual(whole.map(() => steps));
  const { sessions } = await findSessions(context, sessionsParameters.parse(range));
  expect(sessions.map(({ inputTokens }) => inputTokens)).toEqual(whole.map(() => 1000));
  for (const name of whole) {
    const id = `session of ${name}`;
    const { session, runs } = await readSession(context, { id, ...sessionParameters.parse(range) });
    expect(session.steps, name).toBe(steps);
    expect(named(runs)).toEqual([name]);
  }
});
