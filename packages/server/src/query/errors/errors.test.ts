/** Errors as programs send them, through real segments into the real store, and back as groups. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ErrorGrouper } from '@sightline/schema/exceptions';
import { errorParameters, errorResponse, errorsParameters, errorsResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCatalog, type Catalog } from '../../catalog/catalog.ts';
import {
  changeErrorState,
  listErrorMoves,
  listErrorStates,
  mergeErrorGroups,
  splitErrorGroup,
  unmergeErrorGroup,
} from '../../catalog/error-groups.ts';
import { hexId, logsRequest, type SpanInput, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { findErrors } from './find-errors.ts';
import { assertGroups, assertParts } from './known-errors.ts';
import { readError } from './read-error.ts';

const now = new Date('2026-11-21T12:00:00Z');
const minute = 60_000_000_000n;
const at = (minutesAgo: number): bigint => BigInt(now.getTime()) * 1_000_000n - BigInt(minutesAgo) * minute;

const stackOf = (root: string, line: number, item: string): string =>
  `RangeError: no item ${item}
    at Cart.add (${root}/cart.js:${line}:7)
    at handle (${root}/server.js:9:3)
    at node:internal/process/task_queues:95:5
${Array.from({ length: 30 }, (_, deep) => `    at step${deep} (${root}/node_modules/lib/deep.js:${deep}:1)`).join('\n')}`;

const exception = (timeNanos: bigint, type: string, message: string, stack: string) => ({
  name: 'exception',
  timeNanos,
  attributes: { 'exception.type': type, 'exception.message': message, 'exception.stacktrace': stack },
});

let store: TestStore;
let catalog: Catalog;
let directory: string;

/** One exception that passes through three spans and is logged, of a user who is named by the root alone. */
function passedOn(trace: number, root: string, version: string, minutesAgo: number) {
  const time = at(minutesAgo);
  const item = String(trace * 1111);
  const event = exception(time, 'RangeError', `no item ${item}`, stackOf(root, trace, item));
  const span = (id: number, more: Partial<SpanInput>): SpanInput => ({
    traceId: hexId(32, trace),
    spanId: hexId(16, trace * 16 + id),
    startNanos: time,
    status: { code: 2, message: `no item ${item}` },
    events: [event],
    ...more,
  });
  return {
    spans: tracesRequest(
      'shop',
      [
        span(1, {
          name: 'POST /cart',
          kind: 2,
          events: [],
          attributes: { 'user.id': `user-${trace}`, 'session.id': `session-${trace}`, 'http.route': '/cart' },
        }),
        span(2, {
          name: 'invoke_agent buyer',
          parentSpanId: hexId(16, trace * 16 + 1),
          attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'buyer' },
        }),
        span(3, { name: 'add', parentSpanId: hexId(16, trace * 16 + 2) }),
      ],
      { 'service.version': version },
    ),
    logs: logsRequest('shop', [
      {
        timeNanos: time,
        body: 'request failed',
        severityNumber: 17,
        traceId: hexId(32, trace),
        spanId: hexId(16, trace * 16 + 3),
        attributes: event.attributes,
      },
    ]),
  };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sightline-errors-'));
  store = await TestStore.open(now);
  catalog = await openCatalog({ directory: join(directory, 'catalog') });
  const parts = [
    passedOn(1, '/srv/a/dist', '1.0.0', 50),
    passedOn(2, '/home/b/build', '1.0.1', 40),
    passedOn(3, 'file:///c', '1.0.1', 30),
  ];
  const model = (trace: number, provider: string, message: string): SpanInput[] => [
    {
      traceId: hexId(32, trace),
      spanId: hexId(16, trace * 16 + 1),
      name: 'chat gpt-5.4',
      startNanos: at(30 - trace),
      status: { code: 2, message },
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': provider,
        'gen_ai.request.model': 'gpt-5.4',
        'error.type': 'RateLimitError',
      },
    },
    {
      traceId: hexId(32, trace),
      spanId: hexId(16, trace * 16 + 2),
      parentSpanId: hexId(16, trace * 16 + 1),
      name: 'POST',
      startNanos: at(30 - trace),
      status: { code: 2 },
      attributes: { 'http.request.method': 'POST', 'error.type': '429' },
    },
  ];
  await store.loadTogether('traces', [
    ...parts.map(({ spans }) => spans),
    tracesRequest('bot', [
      ...model(10, 'openai', 'Rate limit reached: try again in 20 s'),
      ...model(11, 'openai', '429 Too Many Requests'),
      ...model(12, 'anthropic', 'rate_limit_error'),
      {
        traceId: hexId(32, 13),
        spanId: hexId(16, 209),
        name: 'execute_tool search',
        startNanos: at(10),
        status: { code: 2, message: 'order 10021 not found' },
        attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' },
      },
    ]),
  ]);
  await store.loadTogether('logs', [
    ...parts.map(({ logs }) => logs),
    logsRequest('worker', [
      {
        timeNanos: at(5),
        body: 'Traceback (most recent call last):\n  File "/app/job.py", line 3, in run\n    x()\nKeyError: \'total\'',
        severityNumber: 17,
      },
      { timeNanos: at(5), body: 'a plain error line', severityNumber: 17 },
      {
        timeNanos: at(5),
        body: '{"level":50,"err":{"type":"TypeError","message":"x is not a function","stack":"TypeError: x is not a function\\n    at go (/app/go.js:1:2)"}}',
        severityNumber: 17,
      },
    ]),
  ]);
});
afterAll(async () => {
  await store.close();
  await catalog.close();
  await rm(directory, { recursive: true, force: true });
});

const decisions = async () => ({
  moves: await listErrorMoves(catalog, 'default'),
  states: new Map((await listErrorStates(catalog, 'default')).map((state) => [state.id, state])),
});
const find = async (asked: object = {}) =>
  errorsResponse.parse(await findErrors(store.context, await decisions(), errorsParameters.parse(asked)));
const read = async (id: string, asked: object = {}) =>
  errorResponse.parse(
    await readError(
      store.context,
      { decisions: await decisions(), stacks: { sourcesOf: async () => [] } },
      { id, ...errorParameters.parse(asked) },
    ),
  );

describe('groups of errors', () => {
  test('an exception that passes through spans and logs counts once, whatever machine and version it is of', async () => {
    const { errors, total } = await find();
    expect(
      errors
        .map(({ type, title, count, class: cause }) => [type, title, count, cause])
        .toSorted((a, b) => String(a).localeCompare(String(b))),
    ).toEqual([
      ['KeyError', "'total'", 1, null],
      ['RangeError', 'no item <number>', 3, null],
      ['RateLimitError', '<number> Too Many Requests', 2, 'rate_limit'],
      ['RateLimitError', 'rate_limit_error', 1, 'rate_limit'],
      ['search', 'order <number> not found', 1, 'tool'],
      ['TypeError', 'x is not a function', 1, null],
    ]);
    expect(total).toBe(9);
    const thrown = errors.find(({ type }) => type === 'RangeError');
    expect(thrown).toMatchObject({
      culprit: 'cart:add',
      message: 'no item 3333',
      status: 'unresolved',
      runs: 3,
      services: ['shop'],
      versions: ['1.0.0', '1.0.1'],
      firstTime: '2026-11-21T11:10:00.000000000Z',
      lastTime: '2026-11-21T11:30:00.000000000Z',
    });
    expect(thrown?.counts.reduce((sum, count) => sum + count, 0)).toBe(3);
  });

  test('a group tells of its runs, and of the stack with the frames of the program', async () => {
    const { errors } = await find({ type: 'RangeError' });
    const { error, stack, occurrences, parts, ...more } = await read(errors[0]?.id ?? '');
    expect(error).toMatchObject({ count: 3, users: 3, sessions: 3 });
    expect(errors[0]).toMatchObject({ count: 3, users: 3, sessions: 3 });
    expect(more.byVersion).toEqual([
      { value: '1.0.1', count: 2 },
      { value: '1.0.0', count: 1 },
    ]);
    expect(more.byAgent).toEqual([{ value: 'buyer', count: 3 }]);
    expect(more.byUser.map(({ value }) => value)).toEqual(['user-1', 'user-2', 'user-3']);
    expect(occurrences.map(({ traceId, spanId }) => [traceId, spanId])).toEqual([
      [hexId(32, 3), hexId(16, 51)],
      [hexId(32, 2), hexId(16, 35)],
      [hexId(32, 1), hexId(16, 19)],
    ]);
    expect(stack?.language).toBe('javascript');
    expect(stack?.exceptions[0]?.frames.filter(({ inApp }) => inApp)).toMatchObject([
      { module: 'cart', function: 'add', line: 3 },
      { module: 'server', function: 'handle', line: 9 },
    ]);
    expect(parts).toHaveLength(1);
  });

  test('the list is narrowed by what errors have, by words, by traces and by filters', async () => {
    const typesOf = async (asked: object) => (await find(asked)).errors.map(({ type }) => type);
    expect(await typesOf({ class: 'tool' })).toEqual(['search']);
    expect(await typesOf({ tool: 'search' })).toEqual(['search']);
    expect(await typesOf({ model: 'gpt-5.4' })).toEqual(['RateLimitError', 'RateLimitError']);
    expect(await typesOf({ search: 'NO ITEM' })).toEqual(['RangeError']);
    expect(await typesOf({ trace: hexId(32, 2) })).toEqual(['RangeError']);
    expect(await typesOf({ q: 'service:worker' })).toEqual([]);
    expect(await typesOf({ q: 'agent:buyer' })).toEqual(['RangeError']);
    expect(await typesOf({ service: 'nobody' })).toEqual([]);
    expect((await find({ sort: '-count', limit: 1 })).errors.map(({ count }) => count)).toEqual([3]);
    expect(await typesOf({ sort: 'firstTime', limit: 1 })).toEqual(['RangeError']);
  });

  test('a resolved group that is seen again is regressed; in the next version only where that is new', async () => {
    const id = async () => (await find({ type: 'RangeError', status: 'all' })).errors[0];
    const { id: group = '' } = (await id()) ?? {};
    const resolve = async (known: readonly string[] | null) =>
      changeErrorState(catalog, {
        project: 'default',
        id: group,
        by: 'ann',
        assignee: 'bob',
        state: { status: 'resolved', knownVersions: known, ignoredUntil: null },
      });
    // The database's clock is the real one, which is not that of the test.
    const resolvedAt = async (time: string) =>
      catalog.query('UPDATE error_groups SET changed_at = $1 WHERE id = $2', [time, group]);
    await resolve(null);
    await resolvedAt('2026-11-21T11:35:00Z');
    expect(await id()).toMatchObject({ status: 'resolved', assignee: 'bob', changedBy: 'ann' });
    expect((await find({ type: 'RangeError' })).errors).toEqual([]);
    expect((await find({ assignee: 'bob', status: 'resolved' })).errors).toHaveLength(1);
    await resolvedAt('2026-11-21T11:25:00Z');
    expect(await id()).toMatchObject({ status: 'regressed' });
    expect((await find({ status: 'regressed' })).errors).toHaveLength(1);
    await resolve(['1.0.0', '1.0.1']);
    await resolvedAt('2026-11-21T11:25:00Z');
    expect(await id()).toMatchObject({ status: 'resolved' });
    await resolve(['1.0.0']);
    await resolvedAt('2026-11-21T11:25:00Z');
    expect(await id()).toMatchObject({ status: 'regressed' });
    const ignore = async (ignoredUntil: string | null) =>
      changeErrorState(catalog, {
        project: 'default',
        id: group,
        by: null,
        assignee: undefined,
        state: { status: 'ignored', knownVersions: null, ignoredUntil },
      });
    await ignore('2026-11-21T12:30:00Z');
    expect(await id()).toMatchObject({ status: 'ignored', assignee: 'bob' });
    await ignore('2026-11-21T11:59:00Z');
    expect(await id()).toMatchObject({ status: 'unresolved' });
    await ignore(null);
    expect(await id()).toMatchObject({ status: 'ignored', ignoredUntil: null });
  });

  test('groups are merged, split and taken apart again by hand', async () => {
    const limits = async () => (await find({ class: 'rate_limit' })).errors;
    const [one, other] = await limits();
    const ids = [one?.id ?? '', other?.id ?? ''] as const;
    const project = 'default';
    expect(await mergeErrorGroups(catalog, { project, into: ids[0], groups: [ids[1]] })).toBe(true);
    expect((await limits()).map(({ id, count }) => [id, count])).toEqual([[ids[0], 3]]);
    // An old link leads to where the group is now.
    const merged = await read(ids[1]);
    expect(merged.error).toMatchObject({ id: ids[0], count: 3 });
    expect(merged.merged).toEqual([ids[1]]);
    expect(merged.parts).toHaveLength(3);
    const [part] = merged.parts;
    const decisions = { moves: await listErrorMoves(catalog, project), states: new Map() };
    const ofOther = { decisions, ids: [part?.id ?? '', 'f'.repeat(16)] };
    await expect(assertParts(store.context, { ...ofOther, group: ids[0] })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('f'.repeat(16)),
    });
    await assertParts(store.context, { decisions, group: ids[0], ids: [part?.id ?? ''] });
    await assertGroups(store.context, { decisions, ids: [ids[0]] });
    await expect(
      assertGroups(store.context, { decisions, ids: [ids[0], part?.id ?? ''] }),
    ).rejects.toMatchObject({ code: 'not_found' });
    const split = await splitErrorGroup(catalog, { project, parts: [part?.id ?? '', part?.id ?? ''] });
    expect((await limits()).map(({ count }) => count).toSorted((a, b) => a - b)).toEqual([1, 2]);
    expect((await read(split ?? '')).error.count).toBe(1);
    // Put back and taken out again, the part stands alone; taken out of its own group it goes home.
    await mergeErrorGroups(catalog, { project, into: ids[0], groups: [split ?? ''] });
    expect((await limits()).map(({ count }) => count)).toEqual([3]);
    const takeOut = (group: string) => unmergeErrorGroup(catalog, { project, group, part: part?.id ?? '' });
    expect(await takeOut(ids[0])).toBe(true);
    expect((await limits()).map(({ count }) => count).toSorted((a, b) => a - b)).toEqual([1, 2]);
    expect(await takeOut(ids[0])).toBe(false);
    expect(await takeOut(split ?? '')).toBe(true);
    expect((await limits()).map(({ count }) => count)).toEqual([3]);
    expect(await unmergeErrorGroup(catalog, { project, group: ids[0], part: ids[1] })).toBe(true);
    expect((await limits()).map(({ id }) => id).toSorted()).toEqual([...ids].toSorted());
  });

  test('a trace that is deleted takes its errors along', async () => {
    await store.store.deleteTrace({ project: 'default', traceId: hexId(32, 13) });
    expect((await find({ tool: 'search' })).errors).toEqual([]);
  });
});

test('groups whose id begins with zeros have all of its digits, and are opened by it', async () => {
  const grouper = new ErrorGrouper();
  const of = {
    message: 'failed',
    stack: '',
    service: 'zeros',
    operation: '',
    provider: '',
    tool: '',
    name: '',
  };
  const type = Array.from({ length: 10_000 }, (_, number) => `Kind${number}Error`).find(
    (each) => grouper.group({ ...of, type: each }).fingerprint.at(-1) === 0,
  );
  const time = at(3 * 24 * 60);
  await store.loadTogether('traces', [
    tracesRequest('zeros', [
      {
        traceId: hexId(32, 900),
        spanId: hexId(16, 900),
        name: 'work',
        startNanos: time,
        status: { code: 2, message: '' },
        events: [
          {
            name: 'exception',
            timeNanos: time,
            attributes: { 'exception.type': type ?? '', 'exception.message': of.message },
          },
        ],
      },
    ]),
  ]);
  const range = { from: '-73h', to: '-71h' };
  const found = await find(range);
  expect(found.errors.map(({ id }) => id)).toEqual([expect.stringMatching(/^00[0-9a-f]{14}$/)]);
  const [group] = found.errors;
  const opened = await read(group?.id ?? '', range);
  expect(opened.error).toMatchObject({ id: group?.id, type, count: 1 });
  expect(opened.parts.map(({ id }) => id)).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
});

test('a model that answers 429 is a rate limit, whether its call says so, the HTTP request below it, or a gateway that has no call', async () => {
  const time = at(5 * 24 * 60);
  const failed = (
    trace: number,
    span: number,
    attributes: NonNullable<SpanInput['attributes']>,
    more: Partial<SpanInput> = {},
  ): SpanInput => ({
    traceId: hexId(32, 1000 + trace),
    spanId: hexId(16, (1000 + trace) * 16 + span),
    ...(span > 1 && { parentSpanId: hexId(16, (1000 + trace) * 16 + span - 1) }),
    name: span === 1 ? 'chat' : 'POST',
    startNanos: time,
    status: { code: 2 },
    attributes,
    ...more,
  });
  const call = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai' };
  const post = { 'http.request.method': 'POST', 'error.type': '429', 'http.response.status_code': 429 };
  await store.loadTogether('traces', [
    // Said by the call: as a status, as the type of the error.
    tracesRequest('a', [failed(1, 1, { ...call, 'http.response.status_code': 429 })]),
    tracesRequest('b', [failed(2, 1, { ...call, 'error.type': '429' })]),
    // Said by the request, to a proxy of one's own.
    tracesRequest('c', [failed(3, 1, call), failed(3, 2, { ...post, 'server.address': 'proxy.internal' })]),
    // A gateway asks by HTTP: retried, so that nothing above failed.
    tracesRequest('d', [
      failed(4, 1, { 'http.request.method': 'POST' }, { kind: 2, status: { code: 0 } }),
      failed(4, 2, { ...post, 'url.full': 'https://api.openai.com/v1/chat/completions' }, { kind: 3 }),
    ]),
    // An SDK's own request to the provider is the same failure.
    tracesRequest('e', [
      failed(5, 1, call, { status: { code: 2, message: 'Rate limit reached' } }),
      failed(5, 2, { ...post, 'server.address': 'api.openai.com' }, { kind: 3 }),
    ]),
    // Others that answer 429 are no models; a call that says what was wrong keeps its words.
    tracesRequest('f', [failed(6, 1, { ...post, 'server.address': 'shop.example' }, { name: 'POST /pay' })]),
    tracesRequest('g', [
      failed(7, 1, call, { status: { code: 2, message: 'cannot parse the answer' } }),
      failed(7, 2, { ...post, 'server.address': 'proxy.internal' }),
    ]),
  ]);
  const { errors } = await find({ from: '-121h', to: '-119h' });
  const [limited, ...others] = errors.toSorted((x, y) => y.count - x.count);
  expect(limited).toMatchObject({ class: 'rate_limit', count: 5, services: ['a', 'b', 'c', 'd', 'e'] });
  expect(others.map(({ class: cause }) => cause)).toEqual(others.map(() => null));
  expect(others.flatMap(({ services }) => services)).toEqual(expect.arrayContaining(['f', 'g']));
});
