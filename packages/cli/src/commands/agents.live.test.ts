/** The verbs about agents and about reworking history, against a real server in another process. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { compareResponse, historyJob, runsResponse, sessionsResponse } from '@sightline/schema/api';
import { agentTelemetry, bookedRun, failedRun, ownModelRun } from '../testing/agent-telemetry.ts';
import { type LiveServer, startLiveServer } from '../testing/live-server.ts';
import { sightline } from '../testing/run-sightline.ts';

// Every call is a process of its own; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 90_000 });

let server: LiveServer;
const run = async (...words: string[]) => sightline(words, { url: server.url });
const runs = async (...words: string[]) => {
  const { code, stdout, stderr } = await run('runs', ...words, '--json');
  return { code, stderr, ids: runsResponse.parse(JSON.parse(stdout)).runs.map(({ traceId }) => traceId) };
};

beforeAll(async () => {
  server = await startLiveServer(['--canary-interval', 'off']);
  const { code, stderr } = await sightline(['import', '-'], {
    url: server.url,
    input: JSON.stringify(agentTelemetry()),
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  // Stored, and priced where there is a price.
  await vi.waitFor(
    async () => {
      const answer = await fetch(`${server.url}/api/v1/runs?sort=-costUsd`);
      const unpriced = runsResponse.parse(await answer.json()).runs.map(({ unpricedCalls }) => unpricedCalls);
      expect(unpriced).toEqual([0, 0, 1]);
    },
    { timeout: 30_000, interval: 200 },
  );
}, 120_000);
afterAll(async () => server?.stop());

describe('compare', () => {
  test('what failed with the rest, and one run with another', async () => {
    const rest = await run('compare', 'status:error');
    expect({ code: rest.code, stderr: rest.stderr }).toEqual({ code: 0, stderr: '' });
    expect(rest.stdout).toMatch(/^A 1 trace, B 2 traces \(the rest\); 1 and 2 looked at\.\n/);
    const two = await run('compare', failedRun, bookedRun, '--json');
    expect(compareResponse.parse(JSON.parse(two.stdout))).toMatchObject({
      a: { total: 1, examples: [failedRun] },
      b: { total: 1, examples: [bookedRun], isRest: false },
    });
  });

  test('two versions of a prompt', async () => {
    const found = await run('compare', '--prompt', 'support@3', '--b-prompt', 'support@2');
    expect({ code: found.code, stderr: found.stderr }).toMatchObject({ code: 4 });
    expect(found.stderr).toContain('Nothing to compare: A has 0 traces, B 0.');
    const none = await run('compare');
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('Name a filter, a trace id, --prompt or --replay.');
    expect(await run('compare', '--replay', 'nobody')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no bulk replay "nobody".'),
    });
  });

  test('what nobody sent', async () => {
    const { code, stderr } = await run('compare', 'service:nobody');
    expect(code).toBe(4);
    expect(stderr).toContain('Nothing to compare: A has 0 traces, B 3.');
  });
});

describe('traces', () => {
  test('with what was asked and answered', async () => {
    const { code, stdout, stderr } = await run('traces');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      new RegExp(`${bookedRun} .* Book a seat to Lisbon +Seat 12A is yours\\. +2\\.00 s `),
    );
  });
});

describe('runs', () => {
  test('as a table: agent, status, steps, tokens, and an unknown cost as unknown', async () => {
    const { code, stdout, stderr } = await run('runs');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [head, ...lines] = stdout.trimEnd().split('\n');
    expect(head).toMatch(
      /^TIME +TRACE +AGENT +NAME +QUESTION +ANSWER +STATUS +DURATION +STEPS +LLM +TOKENS +COST$/,
    );
    expect(lines[0]).toMatch(
      new RegExp(
        `${ownModelRun} +travel +invoke_agent travel +· +· +ok +2\\.00 s +3 +1 +1,000→100 +unknown$`,
      ),
    );
    expect(lines[1]).toMatch(
      new RegExp(`${failedRun} +travel .* error +2\\.00 s +3 +1 +1,000→100 +\\$0\\.0035$`),
    );
    expect(lines[2]).toMatch(/ Book a seat to Lisbon +Seat 12A is yours\. +ok +2\.00 s /);
    expect(lines).toHaveLength(3);
  });

  test('as JSON, filtered, sorted and paged', async () => {
    expect(await runs('--status', 'error')).toEqual({ code: 0, stderr: '', ids: [failedRun] });
    expect((await runs('--model', 'in-house-9')).ids).toEqual([ownModelRun]);
    expect((await runs('--session', 'trip-1', '--sort', 'startTime')).ids).toEqual([bookedRun, failedRun]);
    expect((await runs('lisbon')).ids).toEqual([bookedRun]);
    expect((await runs('tool:book', '--user', 'bob', '--agent', 'travel')).ids).toEqual([ownModelRun]);
    const first = await run('runs', '--limit', '2', '--json');
    const { nextCursor } = runsResponse.parse(JSON.parse(first.stdout));
    expect((await runs('--limit', '2', '--cursor', nextCursor ?? '')).ids).toEqual([bookedRun]);
  });

  test('of a session, an agent or a time that has none', async () => {
    for (const words of [
      ['--session', 'nobody'],
      ['--agent', 'nobody'],
      ['--from', '-2h', '--to', '-1h'],
    ]) {
      const { code, stdout, stderr } = await run('runs', ...words);
      expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
      expect(stderr).toContain('No runs found');
    }
    expect(await runs('--session', 'nobody')).toEqual({ code: 4, stderr: '', ids: [] });
  });
});

describe('sessions', () => {
  test('as a table, and as JSON', async () => {
    const { code, stdout } = await run('sessions', '--sort', 'lastTime');
    expect(code).toBe(0);
    const [head, first, second] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^LAST +SESSION +QUESTION +ANSWER +USER +RUNS +FAILED +ACTIVE +TOKENS +COST$/);
    expect(first).toMatch(
      /trip-1 +Book a seat to Lisbon +Seat 12A is yours\. +ann +2 +1 +4\.00 s +2,000→200 +\$0\.007$/,
    );
    expect(second).toMatch(/trip-2 +· +· +bob +1 +· +2\.00 s +1,000→100 +unknown$/);
    const asJson = await run('sessions', '--user', 'bob', '--json');
    expect(sessionsResponse.parse(JSON.parse(asJson.stdout)).sessions).toMatchObject([
      { sessionId: 'trip-2', runs: 1, costUsd: null, unpricedCalls: 1 },
    ]);
  });

  test('of a user who has none', async () => {
    const { code, stdout, stderr } = await run('sessions', '--user', 'nobody');
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain('No sessions found');
  });
});

describe('words that cannot be read end with 2 and one message', () => {
  test.each<[string, string]>([
    ['runs --from now --to -1h', 'bad_time_range'],
    ['runs --from someday', 'bad_time_range'],
    ['runs duration>soon', 'bad_filter'],
    ['runs --sort colour', 'bad_option'],
    ['runs --status fine', 'bad_option'],
    ['runs --limit 0', 'bad_option'],
    ['runs --cursor abc', 'bad_cursor'],
    ['sessions --from now --to -1h', 'bad_time_range'],
    ['sessions --sort colour', 'bad_option'],
    ['sessions cost>', 'bad_filter'],
    ['reprice', 'bad_option'],
    ['reprice --from -1h --to -2h', 'bad_time_range'],
    ['reprice everything', 'bad_option'],
    ['rederive', 'bad_option'],
    ['rederive --from someday', 'bad_time_range'],
  ])('%s', async (line, errorCode) => {
    const { code, stdout, stderr } = await run(...line.split(' '), '--json');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: errorCode, message: expect.any(String), hint: expect.any(String) },
    });
  });
});

describe('what is stored is worked over', () => {
  test('reprice tells what calls cost before and after, and what stays unknown', async () => {
    const { code, stdout } = await run('reprice', '--from', '-1h');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout:
        '3 calls repriced.\nBefore ≥$0.007, after ≥$0.007.\nWithout a known price: 1 call. The page Prices lists their models.\n',
    });
    await fetch(`${server.url}/api/v1/settings/prices`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ overrides: [{ model: 'in-house-*', input: 1, output: 5 }] }),
    });
    const priced = await run('reprice', '--from', '-1h', '--json');
    expect(priced).toMatchObject({ code: 0, stderr: '' });
    // 1,000 at $1 and 100 at $5 a million.
    const job = historyJob.parse(JSON.parse(priced.stdout));
    expect(job).toMatchObject({ kind: 'reprice', state: 'done', calls: 3, unpricedCalls: 0 });
    expect(job.costUsdAfter).toBeCloseTo(2 * 0.0035 + 0.0015, 12);
    expect((await run('runs', '--model', 'in-house-9')).stdout).toContain('$0.0015');
  });

  test('rederive goes over the days and leaves everything as it was', async () => {
    const before = await runs();
    const { code, stdout } = await run('rederive', '--from', '-1h');
    expect(code).toBe(0);
    // Around midnight an hour lies in two days.
    expect(stdout).toMatch(/^(1 day|2 days) rederived: 3 calls of models\.\n$/);
    expect(await runs()).toEqual(before);
    const asJson = await run('rederive', '--from', '-1h', '--json');
    expect(historyJob.parse(JSON.parse(asJson.stdout))).toMatchObject({ kind: 'rederive', state: 'done' });
  });

  test('a second rework is told that one runs', async () => {
    const started = await fetch(`${server.url}/api/v1/rederive`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ from: '-10d' }),
    });
    const { id } = historyJob.parse(await started.json());
    const { code, stdout, stderr } = await run('reprice', '--from', '-1h', '--json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'job_running' } });
    const state = async () =>
      historyJob.parse(await (await fetch(`${server.url}/api/v1/history-jobs/${id}`)).json()).state;
    await expect.poll(state, { timeout: 60_000 }).toBe('done');
  });
});
