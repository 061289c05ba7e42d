import { afterAll, beforeAll, expect, test } from 'vitest';
import { agentGraphParameters, runsParameters } from '@sightline/schema/api';
import { AgentSpans } from '../testing/agent-spans.ts';
import { type SpanInput, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { findRuns } from './find-runs.ts';
import { readAgentGraph } from './read-agent-graph.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:00:00Z')) * 1_000_000n);
const extent = { at: 10, lasts: 5 };

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
});
afterAll(async () => telemetry.close());

/** Two steps with one beginning and one end, the outer with the higher or the lower id; neither is a root. */
const pairs: Readonly<Record<string, (trace: number, outer: number, inner: number) => readonly SpanInput[]>> =
  {
    'agent in agent': (trace, outer, inner) => [
      spans.agent('inner', { trace, span: inner, parent: outer, ...extent }),
      spans.agent('outer', { trace, span: outer, parent: 999, ...extent, name: 'outermost' }),
    ],
    'call in step': (trace, outer, inner) => [
      spans.call('m', { trace, span: inner, parent: outer, ...extent }),
      spans.span({
        trace,
        span: outer,
        parent: 999,
        ...extent,
        name: 'outermost',
        attributes: { 'gen_ai.operation.name': 'agent_step' },
      }),
    ],
    'call in agent': (trace, outer, inner) => [
      spans.call('m', { trace, span: inner, parent: outer, ...extent }),
      spans.agent('helper', { trace, span: outer, parent: 999, ...extent, name: 'outermost' }),
    ],
  };

test('of two steps that begin and end together the one around the other names the run', async () => {
  const requests = Object.values(pairs).flatMap((pair, index) => [
    ...pair(index * 2 + 1, 1000, 2000),
    ...pair(index * 2 + 2, 2000, 1000),
  ]);
  await telemetry.loadJson('traces', tracesRequest('bot', requests));
  const { runs } = await findRuns(telemetry.context, runsParameters.parse({ from: '-2h' }));
  expect(runs.map(({ name }) => name)).toEqual(Array.from({ length: 6 }, () => 'outermost'));
});

test('a call that begins and ends with its agent is below it in the graph, whatever stands between them', async () => {
  await telemetry.loadJson(
    'traces',
    tracesRequest('quiet', [
      // The span between them is no step.
      spans.call('deep', { trace: 50, span: 501, parent: 502, ...extent }),
      spans.span({ trace: 50, span: 502, parent: 503, ...extent, name: 'POST' }),
      spans.agent('boss', { trace: 50, span: 503, ...extent }),
      // Who is around this one is not stored: it is nobody's.
      spans.call('lost', { trace: 50, span: 504, parent: 599, ...extent }),
    ]),
  );
  const graph = await readAgentGraph(
    telemetry.context,
    agentGraphParameters.parse({ from: '-2h', service: 'quiet' }),
  );
  expect(graph.edges.map(({ source, target }) => `${source} → ${target}`).toSorted()).toEqual([
    'agent:boss → model:deep',
    'entry:quiet → agent:boss',
    'entry:quiet → model:lost',
  ]);
});

test('a run of a program whose clock is ahead is in the graph of now, as it is in the list', async () => {
  const ahead = { at: 3600 + 120, lasts: 1 };
  await telemetry.loadJson(
    'traces',
    tracesRequest('hasty', [
      spans.agent('tomorrow', { trace: 60, span: 601, ...ahead }),
      spans.span({
        trace: 60,
        span: 602,
        ...ahead,
        name: 'invoke_workflow plan-a-trip',
        attributes: { 'gen_ai.operation.name': 'invoke_workflow' },
      }),
    ]),
  );
  const graph = await readAgentGraph(telemetry.context, agentGraphParameters.parse({ service: 'hasty' }));
  expect(graph.limitsMet).toBeUndefined();
  expect(graph.nodes.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['agent:tomorrow', 'agent:plan-a-trip']),
  );
});
