/**
 * What the browser promises (the best of three where it opens): size of the first page's JavaScript, time to first paint, opening a trace of 50,000 spans and
 * 200 levels, frame times while it scrolls and zooms, and a conversation of 500 messages. `node bench/web.bench.ts` prints a table.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { findChromium, idle, openStage, untilStored } from '../packages/web/test/stage.ts';
import { sendLongConversation } from '../packages/web/test/long-conversation.ts';
import { sendLongTrace, sendStory } from '../packages/web/test/story.ts';

const assets = join(import.meta.dirname, '../packages/web/dist/assets');
const spanCount = 50_000;
/** Each has a question and an answer. */
const turnCount = 250;

if (findChromium() === undefined) process.exit(0);
const stage = await openStage();
try {
  await sendStory(stage.urls.otlpHttp, { startMs: Date.now() - 60_000, mark: 'a1', failed: true });
  const traceId = await sendLongTrace(stage.urls.otlpHttp, {
    size: spanCount,
    depth: 200,
    startMs: Date.now() - 300_000,
  });
  await untilStored(stage.urls.ui, traceId, spanCount);
  const conversationId = await sendLongConversation(stage.urls.otlpHttp, {
    turns: turnCount,
    startMs: Date.now() - 120_000,
  });
  await untilStored(stage.urls.ui, conversationId, turnCount + 1);
  await measureFirstPage();
  const overview = await measureFirstPage('/');
  const first = await measureFirstPage();
  const conversation = await measureConversation(conversationId);
  const long = await measureLongTrace(traceId);
  console.log(`| what | measured | bound |\n| --- | ---: | ---: |`);
  const rows: readonly (readonly [string, string, string])[] = [
    [
      'JavaScript of the first page (Overview), gzip',
      `${(overview.scriptBytes / 1000).toFixed(0)} kB`,
      '250 kB',
    ],
    ['first paint of Overview', `${overview.paintMs.toFixed(0)} ms`, '1,000 ms'],
    ['JavaScript of Traces, gzip', `${(first.scriptBytes / 1000).toFixed(0)} kB`, '250 kB'],
    ['first paint of Traces', `${first.paintMs.toFixed(0)} ms`, '1,000 ms'],
    ['Traces answered and drawn', `${first.idleMs.toFixed(0)} ms`, ''],
    [
      `conversation of ${turnCount * 2} messages, rendered`,
      `${conversation.renderMs.toFixed(0)} ms`,
      '300 ms',
    ],
    ['the same, asked for and rendered', `${conversation.openMs.toFixed(0)} ms`, ''],
    [`open a trace of ${spanCount} spans, 200 levels`, `${long.openMs.toFixed(0)} ms`, '2,000 ms'],
    ...(['scroll', 'zoom'] as const).flatMap((kind) => [
      [`${kind}: frame p50`, `${long[kind].p50.toFixed(1)} ms`, '16.7 ms'] as const,
      [`${kind}: frame p95`, `${long[kind].p95.toFixed(1)} ms`, ''] as const,
      [`${kind}: frame p99`, `${long[kind].p99.toFixed(1)} ms`, ''] as const,
    ]),
  ];
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  console.log(
    `\n${cpus().length} cores of ${cpus()[0]?.model ?? 'unknown'}, Chromium without a GPU, 1280 × 800.`,
  );
} finally {
  await stage.close();
}

async function measureFirstPage(
  path = '/traces',
): Promise<{ scriptBytes: number; paintMs: number; idleMs: number }> {
  const context = await stage.browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const scripts = new Set<string>();
  page.on('request', (request) => {
    const name = /\/assets\/([^/]+\.js)$/.exec(request.url())?.[1];
    if (name !== undefined) scripts.add(name);
  });
  const began = performance.now();
  await page.goto(`${stage.urls.ui}${path}`);
  await idle(page);
  const idleMs = performance.now() - began;
  const paintMs = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
  );
  await context.close();
  const scriptBytes = readdirSync(assets)
    .filter((file) => scripts.has(file))
    .reduce((sum, file) => sum + gzipSync(readFileSync(join(assets, file))).byteLength, 0);
  return { scriptBytes, paintMs, idleMs };
}

/** From the click on the tab to the first frame that has its messages: with the answer asked for, and with it at hand. */
async function measureConversation(traceId: string): Promise<{ renderMs: number; openMs: number }> {
  let renderMs = Number.POSITIVE_INFINITY;
  let openMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const page = await stage.open(`/runs/${traceId}?view=logs`);
    openMs = Math.min(openMs, await page.evaluate<number>(openConversation()));
    await page.getByRole('tab', { name: 'Logs', exact: true }).click();
    await idle(page);
    renderMs = Math.min(renderMs, await page.evaluate<number>(openConversation()));
    await page.close();
  }
  return { renderMs, openMs };
}

/** Runs in the page, hence as text. */
function openConversation(): string {
  return `(async () => {
  const began = performance.now();
  document.querySelector('#run-tab-conversation').click();
  const isThere = () => document.querySelectorAll('.conversation .message').length >= 4;
  while (!isThere()) {
    await new Promise(requestAnimationFrame);
    if (performance.now() - began > 20000) throw new Error('The conversation does not come.');
  }
  await new Promise(requestAnimationFrame);
  return performance.now() - began;
})()`;
}

interface FrameTimes {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

async function measureLongTrace(
  traceId: string,
): Promise<{ openMs: number; scroll: FrameTimes; zoom: FrameTimes }> {
  const page = await stage.open('/traces');
  let openMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    await page.goto(`${stage.urls.ui}/traces`);
    await idle(page);
    const began = performance.now();
    await page.goto(`${stage.urls.ui}/traces/${traceId}`);
    await idle(page);
    openMs = Math.min(openMs, performance.now() - began);
  }
  const scroll = await frameTimes(page, 'scroll');
  const zoom = await frameTimes(page, 'zoom');
  return { openMs, scroll, zoom };
}

/** Two seconds of one gesture, a step per frame, as a hand would make it. Runs in the page, hence as text. */
function gesture(kind: 'scroll' | 'zoom'): string {
  return `(async () => {
  const scroller = document.querySelector('[data-testid="waterfall"]');
  const box = scroller.getBoundingClientRect();
  const frames = [];
  let last = await new Promise(requestAnimationFrame);
  for (let i = 0; i < 120; i++) {
    if ('${kind}' === 'scroll') scroller.scrollBy(0, 700);
    else scroller.dispatchEvent(new WheelEvent('wheel', {
      clientX: box.left + 800, clientY: box.top + 300, deltaY: i < 60 ? -40 : 40, ctrlKey: true, bubbles: true, cancelable: true,
    }));
    const start = await new Promise(requestAnimationFrame);
    frames.push(start - last);
    last = start;
  }
  return frames.slice(5);
})()`;
}

async function frameTimes(page: Page, kind: 'scroll' | 'zoom'): Promise<FrameTimes> {
  const frames = (await page.evaluate<number[]>(gesture(kind))).toSorted((a, b) => a - b);
  const at = (share: number): number => frames[Math.floor(frames.length * share)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
