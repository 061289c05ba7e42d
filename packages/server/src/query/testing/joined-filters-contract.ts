/** What every engine owes: conditions on runs and traces join over all of their spans, in lists, counts, facets and histograms alike. */
import {
  facetsParameters,
  histogramParameters,
  logsParameters,
  modelsParameters,
  overviewParameters,
  runsParameters,
  sessionsParameters,
  spansParameters,
  tracesParameters,
  usersParameters,
} from '@sightline/schema/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findModels } from '../agents/find-callees.ts';
import { findSessions, findUsers } from '../agents/find-run-groups.ts';
import { findRuns } from '../agents/find-runs.ts';
import { readOverview } from '../agents/read-overview.ts';
import { findLogs } from '../find-logs.ts';
import { findSpans } from '../find-spans.ts';
import { findTraces } from '../find-traces.ts';
import { readFacets } from '../read-facets.ts';
import { readHistogram } from '../read-histogram.ts';
import { AgentSpans } from './agent-spans.ts';
import { hexId, logsRequest, tracesRequest } from './otlp-json.ts';
import type { TestStore } from './test-store.ts';

const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n);
const words = (text: string) => ({
  'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: text }] }]),
});

/** The agent's span says whose the run is, the model's what was said, the tool's what failed. */
function run(
  trace: number,
  { user, said, error, at = trace * 60 }: { user: string; said: string; error?: string; at?: number },
) {
  const [agent, call, tool] = [trace * 10, trace * 10 + 1, trace * 10 + 2];
  const ofUser = { 'user.id': user, 'gen_ai.conversation.id': `${user}-${trace % 2}` };
  return [
    spans.agent('desk', { trace, span: agent, at, lasts: 20, attributes: ofUser }),
    spans.call('some-model', {
      trace,
      span: call,
      parent: agent,
      at: at + 1,
      lasts: 3,
      attributes: words(said),
    }),
    spans.tool('lookup', {
      trace,
      span: tool,
      parent: agent,
      at: at + 5,
      ...(error === undefined ? {} : { error }),
    }),
  ];
}

/** Registers the tests; `open` gives an empty store. The values of facets are asked for one by one, for each of `facetFilters`. */
export function describeJoinedFilters(
  open: (now: Date) => Promise<TestStore>,
  facetFilters: readonly string[] = ['refund', '-user:bob'],
): void {
  let telemetry: TestStore;

  beforeAll(async () => {
    telemetry = await open(new Date('2026-11-21T12:00:00Z'));
    await telemetry.loadJson(
      'traces',
      tracesRequest('desk', [
        ...run(1, { user: 'ann', said: 'I want a refund' }),
        ...run(2, { user: 'ann', said: 'hello', error: 'no such order' }),
        ...run(3, { user: 'bob', said: 'my refund, please', error: 'no such order' }),
      ]),
    );
    await telemetry.loadJson('traces', tracesRequest('bot', run(4, { user: 'cy', said: 'refund?' })));
    // The night before: what few runs have, among what many have.
    const night = Array.from({ length: 30 }, (_, hour) =>
      run(100 + hour, {
        user: hour % 10 === 9 ? 'eve' : 'dan',
        said: hour % 10 === 9 ? 'an ostrich' : 'a horse',
        at: -1800 * (hour + 3),
        ...(hour === 19 ? { error: 'no such bird' } : {}),
      }),
    );
    await telemetry.loadJson('traces', tracesRequest('desk', night.flat()));
    const lines = [1, 3].map((trace) => ({
      timeNanos: spans.nanos(trace * 60 + 6),
      body: `line of ${trace}`,
      traceId: hexId(32, trace),
      spanId: hexId(16, trace * 10 + 2),
    }));
    await telemetry.loadJson('logs', logsRequest('desk', lines));
  }, 120_000);
  afterAll(async () => telemetry?.close());

  const range = { from: '-1h', to: 'now' };
  const numbers = (rows: readonly { readonly traceId: string | null }[]): number[] =>
    rows.map(({ traceId }) => Number.parseInt(traceId ?? '', 16)).toSorted((a, b) => a - b);
  const parameters = (asked: object) => tracesParameters.parse(asked);

  const listed = async (q: string) =>
    numbers((await findTraces(telemetry.context, parameters({ ...range, q }))).traces);

  /** What a filter on runs finds, by every way there is to ask. */
  async function foundEverywhere(q: string): Promise<readonly number[]> {
    const { context } = telemetry;
    const asked = { ...range, q };
    const expected = await listed(q);
    const { runs } = await findRuns(context, runsParameters.parse(asked));
    expect([q, numbers(runs)]).toEqual([q, expected]);
    const byCost = await findRuns(context, runsParameters.parse({ ...asked, sort: '-durationMs' }));
    expect([q, numbers(byCost.runs)]).toEqual([q, expected]);
    const bars = await readHistogram(
      context,
      histogramParameters.parse({ ...asked, signal: 'traces', buckets: 6 }),
    );
    expect([q, bars.buckets.reduce((sum, { count }) => sum + count, 0)]).toEqual([q, expected.length]);
    const { totals } = await readOverview(context, overviewParameters.parse(asked));
    expect([q, totals.runs]).toEqual([q, expected.length]);
    const { users } = await findUsers(context, usersParameters.parse(asked));
    expect([q, users.reduce((sum, user) => sum + user.runs, 0)]).toEqual([q, expected.length]);
    const { sessions } = await findSessions(context, sessionsParameters.parse(asked));
    expect([q, sessions.reduce((sum, session) => sum + session.runs, 0)]).toEqual([q, expected.length]);
    const { models } = await findModels(context, modelsParameters.parse(asked));
    expect([q, models[0]?.runs ?? 0]).toEqual([q, expected.length]);
    return expected;
  }

  test.each([
    ['user:ann refund', [1]],
    ['user:ann "refund"', [1]],
    ['user:ann status:error tool:lookup', [2]],
    ['refund status:error', [3]],
    ['service:desk refund', [1, 3]],
    ['refund trace.errors:0', [1, 4]],
    ['user:ann OR (user:bob refund)', [1, 2, 3]],
    ['span(user:ann refund)', []],
    ['span(tool:lookup status:error) refund', [3]],
    ['span(operation:agent status:error)', []],
    ['duration>15s duration<4s', []],
    ['span(duration>15s) span(duration<4s)', [1, 2, 3, 4]],
  ])('%s finds %j', async (q, expected) => {
    expect(await listed(q)).toEqual(expected);
  });

  test.each([
    ['-status:error', [1, 4]],
    ['-user:ann', [3, 4]],
    ['-refund', [2]],
    ['user:ann -status:error', [1]],
    ['user!=ann status!=error', [4]],
    ['span(-status:error)', [1, 2, 3, 4]],
    ['-span(tool:lookup -status:error)', [2, 3]],
    ['-(user:ann status:error)', [1, 3, 4]],
  ])('what is not wanted is in none of the spans: %s finds %j', async (q, expected) => {
    expect(await listed(q)).toEqual(expected);
  });

  test.each(['user:ann refund', '-status:error refund', 'service:desk span(tool:lookup status:error)'])(
    'every list and count of runs has the same for %s',
    async (q) => {
      expect((await foundEverywhere(q)).length).toBeGreaterThan(0);
    },
  );

  test('a facet counts what is left once its value is asked for as well', async () => {
    const fields = ['user', 'service', 'status', 'tool'];
    for (const q of facetFilters) {
      const { facets } = await readFacets(
        telemetry.context,
        facetsParameters.parse({ ...range, q, signal: 'traces', fields: fields.join(',') }),
      );
      expect(facets.map(({ field }) => field)).toEqual(fields);
      for (const { field, values, missingCount } of facets) {
        for (const { value, count } of values) {
          const both = `${q} ${field}:"${value}"`;
          expect([both, (await listed(both)).length]).toEqual([both, count]);
        }
        // A status that is not set is one of its values.
        if (field === 'status') continue;
        const none = `${q} -${field}:*`;
        expect([none, (await listed(none)).length]).toEqual([none, missingCount]);
      }
    }
  });

  test.each([
    ['user:eve', [109, 119, 129]],
    ['user:eve ostrich', [109, 119, 129]],
    ['ostrich user:eve status:error', [119]],
    ['ostrich -status:error tool:lookup', [109, 129]],
    ['user:(eve OR bob) trace.errors>0', [3, 119]],
    ['ostrich OR user:ann', [1, 2, 109, 119, 129]],
    ['user:eve refund', []],
    ['zebra status:error', []],
    ['user:dan status:error', []],
  ])('what is rare and long ago is found, a page at a time as well: %s finds %j', async (q, expected) => {
    const asked = { from: '-24h', to: 'now', q };
    for (const limit of [50, 1]) {
      const found: number[] = [];
      const worked: number[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await findTraces(
          telemetry.context,
          parameters({ ...asked, limit, ...(cursor === undefined ? {} : { cursor }) }),
        );
        found.push(...numbers(page.traces));
        cursor = page.nextCursor;
      }
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await findRuns(
          telemetry.context,
          runsParameters.parse({ ...asked, limit, ...(cursor === undefined ? {} : { cursor }) }),
        );
        worked.push(...numbers(page.runs));
        cursor = page.nextCursor;
      }
      const sorted = (ids: number[]) => ids.toSorted((a, b) => a - b);
      expect([limit, sorted(found)]).toEqual([limit, expected]);
      expect([limit, sorted(worked)]).toEqual([limit, expected]);
    }
  });

  test('spans and log lines are found by their trace, and log lines by their span', async () => {
    const spansOf = async (q: string) =>
      numbers((await findSpans(telemetry.context, spansParameters.parse({ ...range, q }))).spans);
    expect(await spansOf('trace.errors>0 operation:agent')).toEqual([2, 3]);
    expect(await spansOf('-trace.errors:0 -operation:(llm OR agent)')).toEqual([2, 3]);
    expect(await spansOf('span(user:ann) trace.service:desk')).toEqual([1, 2]);
    const logsOf = async (q: string) =>
      numbers((await findLogs(telemetry.context, logsParameters.parse({ ...range, q }))).logs);
    expect(await logsOf('trace.errors>0')).toEqual([3]);
    expect(await logsOf('span(tool:lookup status:error)')).toEqual([3]);
    expect(await logsOf('"line of" -span(status:error)')).toEqual([1]);
  });
}
