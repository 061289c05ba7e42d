/** The time to the first token, by every way in which instrumentations tell it without a number of its own. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unixNano } from '@sightline/base';
import { modelsParameters, runResponse } from '@sightline/schema/api';
import { AgentSpans } from '../testing/agent-spans.ts';
import { hexId, type SpanInput, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { findModels } from './find-callees.ts';
import { readRun } from './read-run.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n);

interface Told {
  readonly model: string;
  readonly ms: number | null;
  /** Milliseconds after the start, of events of this name. */
  readonly events?: readonly [name: string, ...ms: number[]];
  readonly attributes?: SpanInput['attributes'];
  readonly droppedEvents?: number;
}

/** Each of two seconds, from 11:30:00 on. */
const calls: readonly Told[] = [
  { model: 'openinference', events: ['First Token Stream Event', 250], ms: 250 },
  { model: 'openllmetry', events: ['gen_ai.content.completion.chunk', 300, 310, 1900], ms: 300 },
  { model: 'old openllmetry', events: ['llm.content.completion.chunk', 400.5, 410], ms: 400.5 },
  // What is left of a long stream is not its beginning.
  {
    model: 'openllmetry, long',
    events: ['gen_ai.content.completion.chunk', 1800, 1900],
    droppedEvents: 60,
    ms: null,
  },
  { model: 'openinference, many', events: ['First Token Stream Event', 260], droppedEvents: 3, ms: 260 },
  {
    model: 'langfuse',
    attributes: { 'langfuse.observation.completion_start_time': '"2026-11-21T11:30:00.123Z"' },
    ms: 123,
  },
  {
    model: 'langfuse, python',
    attributes: { 'langfuse.observation.completion_start_time': '2026-11-21T12:30:00.500250+01:00' },
    ms: 500.25,
  },
  {
    model: 'langfuse, before the call',
    attributes: { 'langfuse.observation.completion_start_time': '"2026-11-21T11:29:59.999Z"' },
    ms: null,
  },
  { model: 'after the call', events: ['First Token Stream Event', 2001], ms: null },
  {
    model: 'a number and an event',
    events: ['First Token Stream Event', 700],
    attributes: { 'gen_ai.response.time_to_first_chunk': 0.6 },
    ms: 600,
  },
  { model: 'sentry', attributes: { 'gen_ai.response.time_to_first_token': 0.75 }, ms: 750 },
  { model: 'vllm', attributes: { 'gen_ai.latency.time_to_first_token': 0.8 }, ms: 800 },
  { model: 'nothing', events: ['exception', 10], ms: null },
];

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const sent = calls.map(({ model, events: [name = '', ...times] = [''], attributes = {} }, index) =>
    spans.call(model, {
      trace: 1,
      span: index + 1,
      at: 0,
      lasts: 2,
      attributes,
      events: times.map((ms) => ({ name, timeNanos: spans.nanos(ms / 1000) })),
    }),
  );
  const request = tracesRequest('bot', sent) as {
    readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: object[] }[] }[];
  };
  const received = request.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
  for (const [index, { droppedEvents = 0 }] of calls.entries())
    Object.assign(received[index] ?? {}, { droppedEventsCount: droppedEvents });
  await telemetry.loadJson('traces', request);
});
afterAll(async () => telemetry.close());

const told = async () => {
  const { steps } = runResponse.parse(await readRun(telemetry.context, hexId(32, 1)));
  return calls.map(({ model }, index) => [
    model,
    steps.find(({ spanId }) => spanId === hexId(16, index + 1))?.timeToFirstTokenMs,
  ]);
};
const expected = calls.map(({ model, ms }) => [model, ms]);

test('is read as spans are loaded', async () => {
  expect(await told()).toEqual(expected);
  const { models } = await findModels(
    telemetry.context,
    modelsParameters.parse({ from: '-1h', to: 'now', limit: 50 }),
  );
  expect(models.find(({ model }) => model === 'openinference')?.ttftP50Ms).toBeCloseTo(250, -1);
  expect(models.find(({ model }) => model === 'nothing')?.ttftP50Ms).toBeNull();
});

test('is the same once conventions were applied anew', async () => {
  await telemetry.store.rederiveDay({
    signal: 'traces',
    project: 'default',
    day: '2026-11-21',
    from: unixNano(spans.origin),
    to: unixNano(spans.nanos(60)),
  });
  expect(await told()).toEqual(expected);
});
