import { compareParameters } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentSpans } from '../testing/agent-spans.ts';
import { type AttributesInput, hexId, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { readComparison } from './read-comparison.ts';

const now = new Date('2026-11-20T12:00:00Z');
const hour = 3600;
let at: TestStore;

/** 300 runs over an hour; every third is of version 2, whose searches on shard s13 take a second longer and are cached nowhere. */
const isNew = (run: number): boolean => run % 3 === 0;
const isSlow = (run: number): boolean => isNew(run) && run % 2 === 0;

beforeAll(async () => {
  at = await TestStore.open(now);
  const agents = new AgentSpans(BigInt(now.getTime()) * 1_000_000n - BigInt(hour) * 1_000_000_000n);
  const requests = Array.from({ length: 300 }, (_, run) => {
    const trace = run + 1;
    const start = run * 10;
    const wait = isSlow(run) ? 1.4 : 0.4;
    const ids = (n: number): number => trace * 100 + n;
    const spans = [
      agents.agent('researcher', {
        trace,
        span: ids(1),
        at: start,
        lasts: 1 + wait,
        attributes: { 'user.id': `user-${run}`, 'request.number': run * 7 },
      }),
      agents.call('gpt-5.4', {
        trace,
        span: ids(2),
        parent: ids(1),
        at: start + 0.1,
        lasts: 0.6,
        cost: 0.01,
      }),
      agents.tool('search', {
        trace,
        span: ids(3),
        parent: ids(1),
        at: start + 0.7,
        lasts: wait,
        attributes: { 'db.shard': isSlow(run) ? 's13' : `s${run % 5}` },
      }),
      ...(isNew(run)
        ? [
            agents.tool('rerank_all', {
              trace,
              span: ids(4),
              parent: ids(1),
              at: start + 0.75 + wait,
              lasts: 0.2,
            }),
          ]
        : []),
    ];
    return tracesRequest('shop', spans, {
      'service.version': isNew(run) ? '2' : '1',
      'host.name': `h${(run >> 1) % 5}`,
    });
  });
  await at.loadTogether('traces', requests);
});
afterAll(async () => at.close());

const compare = (parameters: Record<string, unknown>) =>
  readComparison(at.context, compareParameters.parse({ from: '-2h', ...parameters }));

describe('two selections of traces', () => {
  it('are slow ones and the rest: the cause comes first, ids of users and counters do not', async () => {
    const found = await compare({ a: 'trace.duration>2s' });
    expect(found.a).toMatchObject({ total: 50, sampled: 50 });
    expect(found.b).toMatchObject({ total: 250, sampled: 250, isRest: true, inBoth: 50 });
    const [first, ...others] = found.differences;
    expect(first).toMatchObject({ field: 'db.shard', isSignificant: true, reason: null });
    expect(first?.values[0]).toEqual({ value: 's13', a: 1, b: 0, q: 'db.shard:s13' });
    const user = others.find(({ field }) => field === 'user');
    expect(user === undefined || (!user.isSignificant && user.reason === 'id')).toBe(true);
    const significant = found.differences.filter(({ isSignificant }) => isSignificant);
    expect(significant.map(({ field }) => field)).not.toContain('request.number');
    expect(significant.map(({ field }) => field)).not.toContain('host.name');
  });

  it('add up: what the steps differ by is what the traces differ by', async () => {
    const found = await compare({ a: 'resource.service.version:2', b: 'resource.service.version:1' });
    const duration = found.metrics.find(({ name }) => name === 'duration');
    const difference = (duration?.a.mean ?? 0) - (duration?.b.mean ?? 0);
    expect(difference).toBeGreaterThan(400);
    for (const list of [found.steps, found.structure]) {
      expect(list.reduce((sum, { moreMs }) => sum + moreMs, 0)).toBeCloseTo(difference, 3);
    }
    expect(found.steps[0]).toMatchObject({ kind: 'tool', name: 'search', isSignificant: true });
    expect(found.structure.find(({ name }) => name === 'rerank_all')).toMatchObject({ change: 'added' });
  });

  it('name what they were selected by apart from what else differs', async () => {
    const found = await compare({ a: 'service.version:2', b: 'service.version:1' });
    const chosen = found.differences.find(({ field }) => field === 'service.version');
    expect(chosen).toMatchObject({ reason: 'selected', isSignificant: false });
    expect(found.differences[0]?.field).not.toBe('service.version');
  });

  it('are the same hour cut by chance: nothing differs beyond it', async () => {
    const found = await compare({ a: 'request.number>=0 request.number<1050', b: 'request.number>=1050' });
    const telling = found.differences.filter(({ isSignificant }) => isSignificant);
    expect(telling.map(({ field }) => field)).toEqual([]);
  });

  it('are two runs by their ids', async () => {
    const id = (run: number): string => (run + 1).toString(16).padStart(32, '0');
    const found = await compare({ aTraces: id(0), bTraces: id(1) });
    expect(found.a).toMatchObject({ total: 1, sampled: 1, examples: [id(0)] });
    expect(found.structure.find(({ name }) => name === 'rerank_all')).toMatchObject({
      a: { calls: 1 },
      b: { calls: 0 },
      change: 'added',
    });
  });

  it('are two versions of a prompt, by calls that name both: of prompts used side by side each has its own version', async () => {
    const agents = new AgentSpans(BigInt(now.getTime()) * 1_000_000n - BigInt(5 * hour) * 1_000_000_000n);
    const call = (trace: number, span: number, attributes: AttributesInput) =>
      agents.call('gpt-5.4', { trace, span, at: trace % 100, attributes });
    const used = (name: string, version: string) => ({
      'gen_ai.prompt.name': name,
      'gen_ai.prompt.version': version,
    });
    await at.loadTogether('traces', [
      tracesRequest('shop', [
        // Another prompt of the same run is at version 2.
        call(9001, 900_101, used('support', '3')),
        call(9001, 900_102, used('greet', '2')),
        call(9002, 900_201, used('support', '2')),
        call(9003, 900_301, {
          'langfuse.observation.prompt.name': 'support',
          'langfuse.observation.prompt.version': 2,
        }),
        call(9004, 900_401, used('greet', '3')),
      ]),
    ]);
    const range = { from: '-6h', to: '-4h' };
    const found = await compare({ ...range, aPrompt: 'support@3', bPrompt: 'support@2' });
    expect(found.a).toMatchObject({ total: 1, examples: [hexId(32, 9001)] });
    expect(found.b).toMatchObject({ total: 2, isRest: false });
    const rest = await compare({ ...range, aPrompt: 'support@3' });
    expect(rest.b).toMatchObject({ total: 3, isRest: true });
    expect(compareParameters.safeParse({ aPrompt: 'support' }).success).toBe(false);
  });

  it('of more fields and values than an answer has rows: the most common are whole, and what is left out is said', async () => {
    const agents = new AgentSpans(BigInt(now.getTime()) * 1_000_000n - BigInt(7 * hour) * 1_000_000_000n);
    const keys = Array.from({ length: 600 }, (_, index) => `wide.k${index}`);
    const runs = Array.from({ length: 202 }, (_, run) => run);
    // All runs but the first have 600 values of their own.
    const requests = runs.map((run) => {
      const wide = run === 0 ? [] : keys.map((key) => [key, `v${run}`] as const);
      const isLong = run % 2 === 0;
      const span = agents.agent('wide', {
        trace: 10_000 + run,
        span: 1_000_000 + run,
        at: run,
        lasts: isLong ? 3 : 1,
        attributes: { ...Object.fromEntries(wide), 'size.bytes': (isLong || run < 20 ? 1000 : 0) + run },
      });
      return tracesRequest('wide', [span], { 'zone.name': isLong ? 'cold' : 'warm' });
    });
    await at.loadTogether('traces', requests);
    const found = await compare({ from: '-8h', q: 'service:wide', a: 'trace.duration>2s' });
    expect(found.differences[0]).toMatchObject({ field: 'zone.name', isSignificant: true });
    const bytes = found.differences.find(({ field }) => field === 'size.bytes');
    expect(bytes).toMatchObject({ isSignificant: true, tracesWithField: 202 });
    expect(bytes?.values.every(({ q }) => q === null || /^size\.bytes[<>]/.test(q))).toBe(true);
    // Beside the 600: what the spans and resources of all runs have.
    expect(found.limitsMet).toEqual([
      {
        limit: 'rows',
        message: expect.stringMatching(/^Of 6\d\d fields the 400 most common are compared\.$/),
      },
    ]);
  });

  it('know ids by all of their values, of which the rarer are one in the answer', async () => {
    const agents = new AgentSpans(BigInt(now.getTime()) * 1_000_000n - BigInt(30 * hour) * 1_000_000_000n);
    const spans = Array.from({ length: 450 }, (_, run) => {
      // The last third are pairs, each of one side.
      const ticket = run < 300 ? run : 300 + Math.floor((run - 300) / 2);
      return agents.agent('desk', {
        trace: 30_000 + run,
        span: 3_000_000 + run,
        at: run,
        lasts: ticket % 2 === 0 ? 3 : 1,
        attributes: { ticket: `t${ticket}`, 'zone.name': ticket % 2 === 0 ? 'cold' : 'warm' },
      });
    });
    await at.loadTogether('traces', [tracesRequest('desk', spans)]);
    const found = await compare({ from: '-31h', to: '-29h', a: 'trace.duration>2s' });
    expect(found.differences[0]).toMatchObject({ field: 'zone.name', isSignificant: true });
    const ticket = found.differences.find(({ field }) => field === 'ticket');
    expect(ticket).toMatchObject({ reason: 'id', isSignificant: false, valueCount: 375 });
    expect(ticket?.values[0]?.q).toMatch(/^ticket:t\d+$/);
  });

  it('are of two models: the attribute that the model is read from is what somebody asked for, too', async () => {
    const agents = new AgentSpans(BigInt(now.getTime()) * 1_000_000n - BigInt(20 * hour) * 1_000_000_000n);
    const spans = Array.from({ length: 40 }, (_, run) =>
      agents.call(run % 2 === 0 ? 'large' : 'small', {
        trace: 20_000 + run,
        span: 2_000_000 + run,
        at: run,
        lasts: 1,
        attributes: { 'zone.name': run % 2 === 0 ? 'cold' : 'warm' },
      }),
    );
    await at.loadTogether('traces', [tracesRequest('two', spans)]);
    for (const asked of ['model', 'gen_ai.response.model']) {
      const found = await compare({ from: '-21h', to: '-19h', a: `${asked}:large`, b: `${asked}:small` });
      const reasons = new Map(
        found.differences.flatMap(({ field, alike, reason }) =>
          [field, ...alike].map((name) => [name, reason]),
        ),
      );
      expect(reasons.get('model'), asked).toBe('selected');
      expect(reasons.get('gen_ai.response.model'), asked).toBe('selected');
      expect(reasons.get('zone.name'), asked).toBeNull();
    }
  });

  it('may be empty', async () => {
    const found = await compare({ a: 'service:nobody' });
    expect(found).toMatchObject({ a: { total: 0 }, b: { total: 300 }, differences: [] });
  });
});
