/** The first page of a long conversation is made of the first spans of its run. It is the one that everything gives. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { conversationParameters } from '@sightline/schema/api';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import type { QueryContext } from '../reader.ts';
import { AgentSpans } from '../testing/agent-spans.ts';
import { hexId, type SpanInput, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { readRunConversation } from './read-conversation.ts';
import { readRun } from './read-run.ts';
import { RunCache } from './run-cache.ts';

const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:00:00Z')) * 1_000_000n);
const turnsShown = 12;
const runCount = 8;

let telemetry: TestStore;
/** Statements that read what spans carry, by whether they stop early. */
let readings: boolean[] = [];
const contextOf = (runs: RunCache | undefined): QueryContext => {
  const store: TelemetryStore = {
    ...telemetry.store,
    queryBinary: (statement, limits) => {
      if (statement.sql.includes('long_attributes')) readings.push(statement.sql.includes('start_time <='));
      return telemetry.store.queryBinary(statement, limits);
    },
  };
  return { ...telemetry.context, store, ...(runs === undefined ? {} : { runs }) };
};

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const requests = Array.from({ length: runCount }, (_, index) => tracesRequest('bot', longRun(index + 1)));
  await telemetry.loadTogether('traces', requests);
}, 180_000);
afterAll(async () => telemetry.close());

/** Repeatable, and different for each run. */
function randomFrom(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Workers side by side, whose agents say what their calls say or not, and whose tools are named by ids, by arguments or not at all. */
function longRun(trace: number): readonly SpanInput[] {
  const random = randomFrom(trace);
  const found: SpanInput[] = [];
  let next = 0;
  const span = () => (next += 1);
  const chance = (part: number) => random() < part;
  const idsShare = random();
  // Half of the runs are recorded as they should be.
  const messShare = trace % 2 === 0 ? 0.2 : 0;
  const silentShare = chance(messShare) ? 0.3 : 0;
  const skew = chance(2 * messShare) ? 4 : 0;
  const workers = 1 + Math.floor(random() * 6);
  for (let worker = 0; worker < workers; worker += 1) {
    const root = span();
    const begins = random() * 20;
    const said = [
      message('user', `Worker ${worker} of run ${trace}: ${'do what is to be done. '.repeat(20)}`),
    ];
    const agent = chance(0.5) ? content(said, [message('assistant', `All of ${worker} is done.`)]) : {};
    found.push(
      spans.agent(`worker-${worker}`, { trace, span: root, at: begins, lasts: 900, attributes: agent }),
    );
    const late = chance(messShare) ? 400 : 0;
    for (let turn = 0, at = begins + late; turn < 160 / workers; turn += 1, at += 1 + random() * 9) {
      const hasId = chance(idsShare);
      // Some models number their calls anew in each answer.
      const id = hasId ? { id: chance(messShare) ? 'call_0' : `call_${worker}_${turn}` } : {};
      const asked = { query: `q${chance(0.3) ? 1 : turn}` };
      const answer = {
        role: 'assistant',
        parts: [{ type: 'tool_call', ...id, name: 'find', arguments: asked }],
      };
      const hasSpoken = !chance(silentShare);
      found.push(
        spans.call('m', {
          trace,
          span: span(),
          parent: root,
          at,
          attributes: hasSpoken ? content(said, [answer]) : {},
        }),
      );
      const told = { found: `${worker}.${turn}` };
      if (!chance(messShare))
        found.push(
          spans.tool(!chance(messShare) ? 'find' : 'note', {
            trace,
            span: span(),
            parent: root,
            at: at + 1.1 + (random() - 0.5) * skew,
            attributes: {
              'gen_ai.tool.call.arguments': JSON.stringify(asked),
              'gen_ai.tool.call.result': JSON.stringify(told),
              ...(hasId && 'id' in id ? { 'gen_ai.tool.call.id': id.id } : {}),
            },
          }),
        );
      said.push(answer, {
        role: 'tool',
        parts: [{ type: 'tool_call_response', ...id, response: told }],
      });
    }
  }
  return found;
}

function message(role: string, text: string): { role: string; parts: object[] } {
  return { role, parts: [{ type: 'text', content: text }] };
}

function content(input: readonly object[], output: readonly object[]) {
  return {
    'gen_ai.input.messages': JSON.stringify(input),
    'gen_ai.output.messages': JSON.stringify(output),
  };
}

test('the first turns are those of the whole conversation, and come of its first spans', async () => {
  let short = 0;
  for (let trace = 1; trace <= runCount; trace += 1) {
    const traceId = hexId(32, trace);
    const runs = new RunCache();
    const asked = { traceId, ...conversationParameters.parse({ limit: turnsShown }) };
    const whole = await readRunConversation(contextOf(undefined), asked);
    await readRun(contextOf(runs), traceId);
    readings = [];
    const first = await readRunConversation(contextOf(runs), asked);
    expect(first, `run ${trace}`).toEqual(whole);
    expect(first.nextCursor).not.toBeNull();
    if (readings.length === 1 && readings[0] === true) short += 1;
    const asLongAsTold = { ...asked, limit: 500, cursor: first.nextCursor ?? undefined };
    const rest = await readRunConversation(contextOf(runs), asLongAsTold);
    expect(rest).toEqual(await readRunConversation(contextOf(undefined), asLongAsTold));
  }
  // In others it is not known by then what came of a call, or whether anything below an agent speaks.
  expect(short).toBeGreaterThanOrEqual(runCount / 3);
  expect(short).toBeLessThan(runCount);
}, 120_000);
