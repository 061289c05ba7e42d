/** `sightline errors` against a real server in another process. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { errorResponse, errorsResponse } from '@sightline/schema/api';
import { type LiveServer, startLiveServer } from '../testing/live-server.ts';
import { sightline } from '../testing/run-sightline.ts';

// Every call is a process of its own; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 90_000 });

let server: LiveServer;
const run = async (...words: string[]) => sightline(words, { url: server.url });
const list = async (...words: string[]) =>
  errorsResponse.parse(JSON.parse((await run('errors', ...words, '--json')).stdout)).errors;

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const thrownIn = (mark: number, root: string) => {
  const time = String(BigInt(Date.now() - mark * 1000) * 1_000_000n);
  return {
    traceId: mark.toString(16).padStart(32, 'e'),
    spanId: mark.toString(16).padStart(16, 'e'),
    name: 'POST /cart',
    kind: 2,
    startTimeUnixNano: time,
    endTimeUnixNano: time,
    status: { code: 2, message: `no item ${mark}` },
    events: [
      {
        name: 'exception',
        timeUnixNano: time,
        attributes: [
          text('exception.type', 'KeyError'),
          text('exception.message', `no item ${mark}`),
          text(
            'exception.stacktrace',
            `Traceback (most recent call last):\n  File "${root}/shop/cart.py", line ${mark}, in add\n    raise KeyError(item)\nKeyError: no item ${mark}`,
          ),
        ],
      },
    ],
  };
};

beforeAll(async () => {
  server = await startLiveServer(['--canary-interval', 'off']);
  const spans = [thrownIn(1, '/srv/a'), thrownIn(2, '/home/b')];
  const request = {
    resourceSpans: [{ resource: { attributes: [text('service.name', 'shop')] }, scopeSpans: [{ spans }] }],
  };
  const sent = await sightline(['import', '-'], { url: server.url, input: JSON.stringify(request) });
  expect(sent.code).toBe(0);
  await vi.waitFor(async () => expect(await list()).toHaveLength(1), { timeout: 60_000, interval: 500 });
}, 120_000);
afterAll(async () => server?.stop());

test('errors are listed, shown with their stack, and resolved', async () => {
  const table = await run('errors');
  expect(table.code).toBe(0);
  const [head, line] = table.stdout.trimEnd().split('\n');
  expect(head).toMatch(/^LAST +ERROR +STATE +TIMES +RUNS +USERS +SERVICE +WHAT$/);
  expect(line).toMatch(/ open +2 +2 +· +shop +KeyError: no item <number>$/);
  const [group] = await list();
  const id = group?.id ?? '';
  const shown = await run('errors', 'show', id);
  expect(shown.stdout).toMatch(/add {2}cart {2}\/srv\/a\/shop\/cart\.py:1/);
  const resolved = await run('errors', 'resolve', id, '--by', 'ann');
  expect(resolved).toMatchObject({ code: 0, stdout: `${id}: done.\n` });
  expect(await list('--status', 'resolved')).toMatchObject([{ id, status: 'resolved', changedBy: 'ann' }]);
  const whole = await run('errors', 'show', id, '--json');
  expect(errorResponse.parse(JSON.parse(whole.stdout)).stack?.language).toBe('python');
});

test('what is no id, and a group that is not there, are said in one sentence', async () => {
  const bad = await run('errors', 'show', 'x');
  expect(bad.code).not.toBe(0);
  expect(bad.stderr).toContain('16 hex digits');
  const none = await run('errors', 'resolve', '0'.repeat(16));
  expect(none.code).not.toBe(0);
  expect(none.stderr).toContain('There is no group of errors');
});
