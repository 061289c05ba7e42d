import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProgram } from '../../../cli/src/testing/build-program.ts';
import { sightline } from '../../../cli/src/testing/run-sightline.ts';
import { allStored } from '../recordings.ts';
import { pinAndAsk, sumOf } from '../pinned.ts';
import { findChromium, idle, openStage, type Stage } from '../stage.ts';
import { post } from '../story.ts';
import { violations } from '../violations.ts';

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const idOf = (mark: number, length: number): string => mark.toString(16).padStart(length, 'd');

interface Failure {
  readonly mark: number;
  readonly root: string;
  readonly minutesAgo: number;
  readonly type: 'RangeError' | 'TypeError';
  readonly version?: string;
}

/** The same bug on three machines, and one more. */
const failures: readonly Failure[] = ['/srv/a', '/home/b', '/c', '/d'].map((root, mark) => ({
  mark,
  root,
  minutesAgo: mark + 1,
  type: mark === 3 ? 'TypeError' : 'RangeError',
}));

async function sendErrors(otlpHttp: string, some: readonly Failure[]): Promise<void> {
  const resourceSpans = some.map(({ mark, root, minutesAgo, type, version = '1.4.0' }) => {
    const time = String(BigInt(Date.now() - 60_000 * minutesAgo) * 1_000_000n);
    const name = type === 'TypeError' ? 'pay' : 'addItem';
    const message = `no item ${mark + 7}`;
    const stack = `${type}: ${message}
    at ${name} (${root}/dist/cart.js:${mark + 40}:7)
    at Layer.handle (${root}/node_modules/express/lib/router/layer.js:95:5)`;
    const span = {
      traceId: idOf(mark, 32),
      spanId: idOf(mark, 16),
      name: 'POST /cart',
      kind: 2,
      startTimeUnixNano: time,
      endTimeUnixNano: time,
      status: { code: 2, message },
      attributes: [text('user.id', `user-${mark}`)],
      events: [
        {
          name: 'exception',
          timeUnixNano: time,
          attributes: [
            text('exception.type', type),
            text('exception.message', message),
            text('exception.stacktrace', stack),
          ],
        },
      ],
    };
    const resource = { attributes: [text('service.name', 'shop'), text('service.version', version)] };
    return { resource, scopeSpans: [{ spans: [span] }] };
  });
  await post(otlpHttp, 'traces', { resourceSpans });
}

/** Builds a small program, runs it until it throws and sends what it threw as version 2.0.0. Its source map stays in the folder. */
async function buildAndFail(otlpHttp: string, folder: string): Promise<void> {
  const program = await buildProgram(folder, 'billing', billing);
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  const resource = { attributes: [text('service.name', 'billing'), text('service.version', '2.0.0')] };
  const logRecord = {
    timeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
    severityNumber: 17,
    body: { stringValue: 'charging failed' },
    attributes: [
      text('exception.type', 'SyntaxError'),
      text('exception.message', 'no amount'),
      text('exception.stacktrace', stdout.trim()),
    ],
  };
  await post(otlpHttp, 'logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [logRecord] }] }] });
}

const billing = `function charge(amount: string): number {
  if (amount === '') throw new SyntaxError('no amount');
  return Number(amount);
}

try {
  charge('');
} catch (error) {
  console.log((error as Error).stack);
}
`;

describe.skipIf(findChromium() === undefined)('someone looks after errors', { timeout: 90_000 }, () => {
  let stage: Stage;
  let page: Page;
  beforeAll(async () => {
    stage = await openStage();
    await sendErrors(stage.urls.otlpHttp, failures);
    await allStored(stage.urls.ui);
    page = await stage.open('/errors');
  }, 60_000);
  afterAll(async () => stage.close());

  const soon = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 15_000 });

  it('sees each bug once, opens the one with the most, and its run', async () => {
    await soon(() => page.textContent('h1')).toBe('2 open errors in the last hour: 2 new');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('link', { name: 'RangeError no item' }).click();
    await soon(() => page.textContent('h1')).toBe('RangeError: no item <number>');
    expect(await page.textContent('.page-detail')).toContain(
      '3 times in the last hour in 3 runs, for 3 users',
    );
    const stack = page.getByRole('region', { name: 'Stack', exact: true });
    expect(await stack.textContent()).toContain('addItem');
    expect(await stack.textContent()).not.toContain('handle');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('region', { name: 'Newest occurrences' }).getByRole('link').first().click();
    await soon(async () => page.url()).toContain(`/runs/${idOf(0, 32)}`);
    await page.goBack();
  });

  it('resolves it; it leaves the list and stands among the resolved', async () => {
    await page.getByRole('button', { name: 'Resolve', exact: true }).click();
    await page.getByRole('button', { name: 'Open again' }).waitFor();
    await page.getByRole('link', { name: 'Errors', exact: true }).click();
    await soon(() => page.textContent('h1')).toBe('1 open error in the last hour: 1 new');
    await page.getByRole('button', { name: 'Resolved' }).click();
    await soon(() => page.textContent('h1')).toMatch(/^1 resolved error in the last hour/);
  });

  const list = async (state: string): Promise<void> => {
    await page.goto(`${stage.urls.ui}/errors?from=-1h&state=${state}`);
    await idle(page);
  };
  const open = async (name: string): Promise<void> => {
    await page.getByRole('link', { name }).first().click();
    // With what a failure says.
    await soon(async () => (await page.locator('h1, [role=alert]').allTextContents()).join(': ')).toContain(
      name,
    );
  };

  it('assigns the other and ignores it for a week; it comes back when opened again', async () => {
    await list('open');
    await open('TypeError');
    await page.getByLabel('Assigned to').fill('Ada <b>');
    await page.keyboard.press('Enter');
    await soon(async () => {
      const answer = await fetch(`${stage.urls.ui}/api/v1/errors?assignee=${encodeURIComponent('Ada <b>')}`);
      return ((await answer.json()) as { groups: number }).groups;
    }).toBe(1);
    await page.getByLabel('Ignore').selectOption('for a week');
    await page.getByRole('button', { name: 'Open again' }).waitFor();
    expect(await page.textContent('.error-actions')).toMatch(/^Ignored.*, until /);
    await list('open');
    await soon(() => page.textContent('h1')).toBe('No open errors in the last hour');
    await page.goto(
      `${stage.urls.ui}/errors?from=-1h&state=ignored&assignee=${encodeURIComponent('Ada <b>')}`,
    );
    await soon(() => page.textContent('h1')).toMatch(/^1 ignored error in the last hour/);
    await open('TypeError');
    await page.getByRole('button', { name: 'Open again' }).click();
    await page.getByRole('button', { name: 'Resolve', exact: true }).waitFor();
  });

  it('sees the resolved one come back as a regression, and pins how often it happens', async () => {
    await sendErrors(stage.urls.otlpHttp, [{ mark: 9, root: '/e', minutesAgo: 0, type: 'RangeError' }]);
    await allStored(stage.urls.ui);
    await list('open');
    await soon(() => page.textContent('h1')).toBe(
      '2 open errors in the last hour: 2 new, 1 back after it was resolved',
    );
    await open('RangeError');
    await soon(() => page.textContent('.page-detail')).toContain('Regressed');
    expect(await page.textContent('.page-detail')).toContain('4 times in the last hour');
    const drawn = await pinAndAsk(stage, page, 'Occurrences over time');
    expect([...drawn.keys(), sumOf(drawn.get('Occurrences'))]).toEqual(['Occurrences', 4]);
    expect(await violations(page)).toEqual([]);
  });

  const merge = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Merge another error into this one' }).click();
    await page.getByRole('button', { name: 'Merge', exact: true }).click();
    await soon(() => page.textContent('.page-detail')).toContain('5 times in the last hour');
  };

  it('merges the other into it, and takes it out again', async () => {
    await merge();
    expect(await violations(page)).toEqual([]);
    const takeOut = page.getByRole('button', { name: 'Take out' });
    await takeOut.click();
    await soon(() => page.textContent('.page-detail')).toContain('4 times in the last hour');
    expect(await takeOut.count()).toBe(0);
    await list('all');
    await soon(() => page.textContent('h1')).toMatch(/^2 errors in the last hour/);
    await open('RangeError');
  });

  it('merges it once more, sees both as one, and splits it off', async () => {
    await merge();
    const inside = page.getByRole('region', { name: 'What is in this group' });
    const parts = inside.getByRole('checkbox');
    await soon(() => parts.count()).toBeGreaterThan(1);
    await list('all');
    await soon(() => page.textContent('h1')).toMatch(/^1 error in the last hour/);
    await open('RangeError');
    await inside.getByRole('checkbox', { name: 'no item 10' }).check();
    await inside.getByRole('button', { name: 'Split off' }).click();
    await soon(() => page.textContent('h1')).toBe('TypeError: no item <number>');
    await soon(() => page.textContent('.page-detail')).toContain('Once in the last hour');
    await list('all');
    await soon(() => page.textContent('h1')).toMatch(/^2 errors in the last hour/);
  });

  it('resolves one in the next version: the same version leaves it resolved, a newer one brings it back', async () => {
    await open('RangeError');
    await page.getByRole('button', { name: 'Resolve in the next version' }).click();
    await page.getByRole('button', { name: 'Open again' }).waitFor();
    await sendErrors(stage.urls.otlpHttp, [{ mark: 10, root: '/f', minutesAgo: 0, type: 'RangeError' }]);
    await allStored(stage.urls.ui);
    await list('resolved');
    await open('RangeError');
    await soon(() => page.textContent('.page-detail')).toContain('5 times in the last hour');
    expect(await page.textContent('.error-actions')).toMatch(/^Resolved/);
    await sendErrors(stage.urls.otlpHttp, [
      { mark: 11, root: '/g', minutesAgo: 0, type: 'RangeError', version: '1.5.0' },
    ]);
    await allStored(stage.urls.ui);
    await list('open');
    await open('RangeError');
    await soon(() => page.textContent('.page-detail')).toContain('Regressed');
    expect(await page.textContent('.page-detail')).toContain('6 times in the last hour');
    await page.getByRole('button', { name: 'Resolve in the next version' }).waitFor();
  });

  it('sees a stack where it is in the source, once its source map was uploaded', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sightline-billing-'));
    try {
      await buildAndFail(stage.urls.otlpHttp, folder);
      await allStored(stage.urls.ui);
      await list('open');
      await open('SyntaxError');
      const stack = page.getByRole('region', { name: 'Stack', exact: true });
      await soon(() => stack.textContent()).toContain('billing.js:1');
      const sent = await sightline(['sourcemaps', 'upload', join(folder, 'dist'), '--release', '2.0.0'], {
        url: stage.urls.ui,
      });
      expect(sent).toMatchObject({ code: 0, stdout: '1 source map of 2.0.0 uploaded.\n' });
      await page.reload();
      await soon(() => stack.locator('.error-frame').first().textContent()).toContain('billing.ts:2');
      const source = stack.getByLabel('Source of charge');
      expect(await source.locator('.is-thrown').textContent()).toContain(
        "throw new SyntaxError('no amount')",
      );
      expect(await violations(page)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
