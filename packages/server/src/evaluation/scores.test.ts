import { readFileSync } from 'node:fs';
import {
  newScoresRequest,
  runsParameters,
  type ScoresParameters,
  scoresParameters,
  sessionParameters,
  sessionsParameters,
  tracesParameters,
} from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSessions, readSession } from '../query/agents/find-run-groups.ts';
import { findRuns } from '../query/agents/find-runs.ts';
import { readRun } from '../query/agents/read-run.ts';
import { findTraces } from '../query/find-traces.ts';
import { findScores } from '../query/scores/find-scores.ts';
import { summariseScores } from '../query/scores/summarise-scores.ts';
import { hexId, logsRequest, tracesRequest } from '../query/testing/otlp-json.ts';
import { TestStore } from '../query/testing/test-store.ts';
import { scoresInsert } from '../storage/clickhouse/load/scores-sql.ts';
import { deleteScore, recordRequest } from './record-scores.ts';

const now = new Date('2026-11-21T10:00:00Z');
const nanos = (secondsAgo: number): bigint => BigInt(now.getTime() - secondsAgo * 1000) * 1_000_000n;
const traceId = hexId(32, 0xa1);
const spanId = hexId(16, 0xb1);

describe('scores', () => {
  let test: TestStore;
  beforeAll(async () => {
    test = await TestStore.open(now);
  });
  afterAll(() => test.close());

  const list = async (request: Partial<ScoresParameters> = {}) =>
    findScores(test.context, scoresParameters.parse(request));
  const post = async (body: unknown) => recordRequest(test.context, newScoresRequest.parse(body));

  it('are made of evaluation events in logs, wherever the event says its name', async () => {
    const attributes = {
      'gen_ai.evaluation.name': 'relevance',
      'gen_ai.evaluation.score.value': 0.75,
      'gen_ai.evaluation.score.label': 'relevant',
      'gen_ai.evaluation.explanation': 'because '.repeat(40),
      'event.name': 'gen_ai.evaluation.result',
    };
    const request = logsRequest('judge', [
      { timeNanos: nanos(60), body: 'relevance: 0.75', traceId, spanId, attributes },
      // The SDK's score of a trace.
      {
        timeNanos: nanos(59),
        body: 'helpful',
        traceId,
        spanId: '0000000000000001',
        attributes: {
          'event.name': 'gen_ai.evaluation.result',
          'gen_ai.evaluation.name': 'helpful',
          'gen_ai.evaluation.score.label': 'pass',
        },
      },
      { timeNanos: nanos(58), body: 'no score', attributes: { 'gen_ai.evaluation.name': 'x' } },
    ]);
    await test.loadJson('logs', request);
    // Sent again by a retrying exporter.
    await test.loadJson('logs', request);
    const { scores } = await list({ traceId });
    expect(scores).toMatchObject([
      { name: 'helpful', label: 'pass', value: null, target: 'trace', spanId: null, source: 'telemetry' },
      {
        name: 'relevance',
        value: 0.75,
        label: 'relevant',
        target: 'span',
        spanId,
        service: 'judge',
        comment: 'because '.repeat(40),
      },
    ]);
  });

  it('are made of events with names and labels of any length, and with odd values', async () => {
    const odd = hexId(32, 0xd1);
    const score = (name: string, value?: string | number | boolean, label?: string) => ({
      timeNanos: nanos(60),
      body: 'odd',
      traceId: odd,
      spanId,
      attributes: {
        'event.name': 'gen_ai.evaluation.result',
        'gen_ai.evaluation.name': name,
        ...(value === undefined ? {} : { 'gen_ai.evaluation.score.value': value }),
        ...(label === undefined ? {} : { 'gen_ai.evaluation.score.label': label }),
      },
    });
    await test.loadJson(
      'logs',
      logsRequest('judge', [
        score('n'.repeat(300), 1),
        score('', 1),
        score('label', 2, 'ä'.repeat(300)),
        score('longest', 3, '€'.repeat(1_000)),
        score('yes', true),
        score('no', false),
        score('word', 'NaN'),
        score('text', '0.5'),
        score('huge', '-1e300'),
      ]),
    );
    const { scores } = await list({ traceId: odd });
    expect(Object.fromEntries(scores.map(({ name, value, label }) => [name, [value, label]]))).toEqual({
      ['n'.repeat(200)]: [1, null],
      evaluation: [1, null],
      label: [2, 'ä'.repeat(200)],
      longest: [3, '€'.repeat(200)],
      yes: [1, null],
      no: [0, null],
      word: [null, null],
      text: [0.5, null],
      huge: [-1e300, null],
    });
  });

  it('are made of span events and of OpenInference’s annotations', async () => {
    const other = hexId(32, 0xa2);
    await test.loadJson(
      'traces',
      tracesRequest('rag', [
        {
          traceId: other,
          spanId,
          startNanos: nanos(50),
          events: [
            {
              name: 'gen_ai.evaluation.result',
              timeNanos: nanos(49),
              attributes: { 'gen_ai.evaluation.name': 'hallucination', 'gen_ai.evaluation.score.value': 0.9 },
            },
            { name: 'something', timeNanos: nanos(49) },
          ],
        },
        {
          traceId: other,
          spanId: hexId(16, 0xb2),
          startNanos: nanos(48),
          attributes: {
            'gen_ai.operation.name': 'chat',
            'session.id': 'chat-7',
            'annotations.0.annotation.name': 'tone',
            'annotations.0.annotation.label': 'friendly',
            'annotations.0.annotation.annotator_kind': 'HUMAN',
            'annotations.1.annotation.name': 'length',
            'annotations.1.annotation.score': 3,
            'trace.evaluations.0.evaluation.name': 'faithfulness',
            'trace.evaluations.0.evaluation.score': 'not a number',
            'trace.evaluations.0.evaluation.label': 'unfaithful',
            'session.annotations.0.annotation.name': 'satisfaction',
            'session.annotations.0.annotation.score': 5,
          },
        },
      ]),
    );
    const { scores } = await list({ session: 'chat-7' });
    const byName = Object.fromEntries(scores.map((score) => [score.name, score]));
    expect(byName).toMatchObject({
      hallucination: { value: 0.9, target: 'span', spanId },
      tone: { label: 'friendly', who: 'human', target: 'span', spanId: hexId(16, 0xb2) },
      length: { value: 3 },
      faithfulness: { value: null, label: 'unfaithful', target: 'trace', traceId: other },
      satisfaction: { value: 5, target: 'session', sessionId: 'chat-7', traceId: null },
    });
    const summary = await summariseScores(test.context, { from: '-1h', to: 'now' });
    // Of the two traces one has verdicts, and they say it was made up.
    expect(summary.hallucination).toEqual({ judged: 1, hallucinated: 1, rate: 1 });
    expect(summary.names.find(({ name }) => name === 'relevance')).toMatchObject({ count: 1, average: 0.75 });
  });

  it('are written one by one or many at once, replaced by id, and taken away', async () => {
    const [made] = await post({ traceId: traceId.toUpperCase(), name: 'thumbs', value: 1, who: 'ada' });
    expect(made).toMatchObject({
      traceId,
      target: 'trace',
      source: 'api',
      who: 'ada',
      time: '2026-11-21T10:00:00.000000000Z',
    });
    const id = made?.id ?? '';
    test.clock.nowNanos += 600_000_000_000n;
    const [changed] = await post({
      scores: [{ id, traceId, name: 'thumbs', value: 0, comment: `it's "wrong"\n\\ \t 😀`, source: 'ui' }],
    });
    const { scores } = await list({ name: 'thumbs' });
    expect(scores).toEqual([changed]);
    expect(scores[0]).toMatchObject({
      value: 0,
      time: made?.time,
      comment: `it's "wrong"\n\\ \t 😀`,
      source: 'ui',
      who: null,
    });
    await deleteScore(test.context, id);
    expect((await list({ name: 'thumbs' })).scores).toEqual([]);
    await expect(deleteScore(test.context, id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(
      post({
        scores: [
          { id: 'a', sessionId: 's', name: 'n', value: 1 },
          { id: 'a', sessionId: 's', name: 'n', value: 2 },
        ],
      }),
    ).rejects.toMatchObject({ code: 'bad_request' });
  });

  describe('that name the answer they are about', () => {
    const [answered, judging, twin] = [hexId(32, 0xa9), hexId(32, 0xaa), hexId(32, 0xab)];
    const event = (name: string, more: Readonly<Record<string, string | number>>) => ({
      'event.name': 'gen_ai.evaluation.result',
      'gen_ai.evaluation.name': name,
      ...more,
    });
    const q = async (text: string): Promise<string[]> =>
      (await findTraces(test.context, { ...tracesParameters.parse({ q: text }), from: '-2h' })).traces.map(
        (trace) => trace.traceId,
      );
    const late = { name: 'late', count: 1, average: 0.25, label: null };

    beforeAll(async () => {
      const chat = (session: string, responseId: string) => ({
        'gen_ai.operation.name': 'chat',
        'gen_ai.conversation.id': session,
        'gen_ai.response.id': responseId,
      });
      await test.loadJson(
        'traces',
        tracesRequest('rag', [
          { traceId: answered, spanId, startNanos: nanos(30), attributes: chat('talk-9', 'chatcmpl-9') },
          // Another run of the session, and answers of a stand-in whose ids are always the same.
          { traceId: judging, spanId, startNanos: nanos(29), attributes: chat('talk-9', 'mock-1') },
          { traceId: twin, spanId, startNanos: nanos(28), attributes: chat('talk-10', 'mock-1') },
        ]),
      );
      const answer = { 'gen_ai.response.id': 'chatcmpl-9' };
      await test.loadJson(
        'logs',
        logsRequest('judge', [
          // With no trace, and an hour later.
          {
            timeNanos: nanos(20),
            body: 'later',
            attributes: event('late', { ...answer, 'gen_ai.evaluation.score.value': 0.25 }),
          },
          // At the same time, alike but for the answer.
          {
            timeNanos: nanos(20),
            body: 'later',
            attributes: event('late', {
              'gen_ai.response.id': 'chatcmpl-of-nobody',
              'gen_ai.evaluation.score.value': 0.25,
            }),
          },
          // In the trace of the one who judges, which is of the same session.
          {
            timeNanos: nanos(19),
            body: 'elsewhere',
            traceId: judging,
            spanId,
            attributes: event('hallucination', { ...answer, 'gen_ai.evaluation.score.label': 'yes' }),
          },
          // On its own answer, by an id that another trace has too.
          {
            timeNanos: nanos(18),
            body: 'own',
            traceId: judging,
            spanId,
            attributes: event('own', { 'gen_ai.response.id': 'mock-1', 'gen_ai.evaluation.score.value': 1 }),
          },
        ]),
      );
    });

    it('are found with its trace and its session', async () => {
      const names = async (request: Partial<ScoresParameters>) =>
        (await list(request)).scores.map(({ name }) => name).toSorted();
      expect((await list({ traceId: answered, name: 'late' })).scores).toMatchObject([
        { name: 'late', responseId: 'chatcmpl-9', traceId: null, target: 'span' },
      ]);
      const all = await list({ name: 'late' });
      expect(new Set(all.scores.map(({ responseId }) => responseId))).toEqual(
        new Set(['chatcmpl-9', 'chatcmpl-of-nobody']),
      );
      expect(await names({ traceId: answered })).toEqual(['hallucination', 'late']);
      expect(await names({ traceId: twin })).toEqual([]);
      expect(await names({ session: 'talk-9' })).toEqual(['hallucination', 'late', 'own']);
      expect(await names({ session: 'talk-10' })).toEqual([]);
    });

    it('are those of its run, of its session and of its user', async () => {
      const bad = { name: 'hallucination', count: 1, average: null, label: 'yes' };
      const own = { name: 'own', count: 1, average: 1, label: null };
      expect((await readRun(test.context, answered)).run.scores).toEqual([bad, late]);
      const { runs } = await findRuns(test.context, runsParameters.parse({ from: '-2h' }));
      const scoresOf = (traceId: string) => runs.find((run) => run.traceId === traceId)?.scores;
      expect(scoresOf(answered)).toEqual([bad, late]);
      expect(scoresOf(judging)).toEqual([bad, own]);
      expect(scoresOf(twin)).toEqual([]);
      // Once for the session, though it stands on one of its runs and is about another.
      const { sessions } = await findSessions(test.context, sessionsParameters.parse({ from: '-2h' }));
      const ofSession = (id: string) => sessions.find(({ sessionId }) => sessionId === id)?.scores;
      expect(ofSession('talk-9')).toEqual([bad, late, own]);
      expect(ofSession('talk-10')).toEqual([]);
      const { session } = await readSession(test.context, {
        ...sessionParameters.parse({ from: '-2h' }),
        id: 'talk-9',
      });
      expect(session.scores).toEqual([bad, late, own]);
    });

    it('find its trace and its session', async () => {
      expect(await q('score.late<0.5')).toEqual([answered]);
      expect(await q('score.late>0.5')).toEqual([]);
      expect(await q('score.late:* -score.hallucination:yes')).toEqual([]);
      expect(await q('score.hallucination:yes')).toEqual([judging, answered]);
      expect(await q('score.own:*')).toEqual([judging]);
      const { sessions } = await findSessions(
        test.context,
        sessionsParameters.parse({ from: '-2h', q: 'score.late<0.5' }),
      );
      expect(sessions.map(({ sessionId }) => sessionId)).toEqual(['talk-9']);
    });

    it('cost a filter no reading of steps where there are none', async () => {
      const steps = Array.from({ length: 5_000 }, (_, at) => ({
        traceId: hexId(32, 0xc1),
        spanId: hexId(16, 1 + at),
        startNanos: nanos(60),
        attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.response.id': `r-${at}` },
      }));
      await test.loadJson('traces', tracesRequest('rag', steps), test.clock.nowNanos, 'unscored');
      const { store } = test.context;
      let rowsRead = 0;
      const query: typeof store.query = async <Row>(...asked: Parameters<typeof store.query>) => {
        const result = await store.query<Row>(...asked);
        rowsRead += result.rowsRead;
        return result;
      };
      const context = { ...test.context, project: 'unscored', store: { ...store, query } };
      const request = { ...tracesParameters.parse({ q: 'score.late<0.5' }), from: '-2h' };
      expect((await findTraces(context, request)).traces).toEqual([]);
      expect(rowsRead).toBeLessThan(4_000);
    });

    it('count in the rate of hallucination', async () => {
      const request = { name: 'hallucination', from: '-1h', to: 'now' };
      const { hallucination } = await summariseScores(test.context, request);
      // The trace of the test before, the one that judges, and the one with the answer.
      expect(hallucination).toEqual({ judged: 3, hallucinated: 3, rate: 1 });
    });
  });

  it('find traces, by value and by label', async () => {
    const q = async (text: string): Promise<string[]> =>
      (await findTraces(test.context, { ...tracesParameters.parse({ q: text }), from: '-2h' })).traces.map(
        (trace) => trace.traceId,
      );
    const scored = hexId(32, 0xa2);
    const plain = hexId(32, 0xa3);
    await test.loadJson('traces', tracesRequest('rag', [{ traceId: plain, spanId, startNanos: nanos(40) }]));
    expect(await q('score.hallucination>0.5')).toEqual([scored]);
    expect(await q('score.hallucination<0.5')).toEqual([]);
    expect(await q('score.tone:friendly service:rag')).toEqual([scored]);
    expect(await q('score.tone:* score.length:3')).toEqual([scored]);
    expect(await q('-score.tone:friendly')).toEqual([
      hexId(32, 0xab),
      hexId(32, 0xaa),
      hexId(32, 0xa9),
      plain,
    ]);
    expect(await q('score.tone:angry OR score.length>=3')).toEqual([scored]);
    await expect(q('score.tone>friendly')).rejects.toMatchObject({ code: 'bad_filter' });
  });

  it('refuse what has no target, no content, or an unusable time', async () => {
    const mistakes = [
      { name: 'n', value: 1 },
      { traceId, name: 'n' },
      { traceId, value: 1 },
      { traceId: 'xyz', name: 'n', value: 1 },
      { spanId, sessionId: 's', name: 'n', value: 1 },
      { traceId, name: 'n', value: 1, vlaue: 2 },
      { traceId, name: 'n', value: 1, source: 'judge' },
      { scores: [] },
    ];
    for (const mistake of mistakes)
      expect(newScoresRequest.safeParse(mistake).success, JSON.stringify(mistake)).toBe(false);
    await expect(post({ traceId, name: 'n', value: 1, time: 'yesterday' })).rejects.toMatchObject({
      code: 'bad_request',
    });
  });

  it('are paged without loss or repetition', async () => {
    await post({
      scores: Array.from({ length: 25 }, (_, at) => ({
        sessionId: 'paged',
        name: 'p',
        value: at,
        time: `-${Math.floor(at / 3) * 7}m`,
      })),
    });
    const seen: (number | null)[] = [];
    let cursor: string | undefined;
    do {
      const page = await list({ session: 'paged', limit: 4, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.scores.map(({ value }) => value));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 25 }, (_, at) => at));
    expect((await list({ session: 'paged', minValue: 5, maxValue: 6 })).scores).toHaveLength(2);
  });

  it('read what the SDK sends', () => {
    // The attribute names of the statement are those the SDK writes.
    const sdk = readFileSync(new URL('../../../sdk/src/agent/evaluation.ts', import.meta.url), 'utf8');
    const insert = scoresInsert.logs('logs');
    for (const [, name = ''] of sdk.matchAll(
      /'(gen_ai\.(?:evaluation\.(?:name|score\.value|score\.label|explanation|result)|response\.id))'/g,
    ))
      expect(insert).toContain(name);
  });
});
