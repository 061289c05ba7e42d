/**
 * What the browser promises: size of the first page's JavaScript, time to first paint, opening a trace of 50,000 spans and
 * 200 levels, and frame times while it scrolls and zooms. `node bench/web.bench.ts` prints a table.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { findChromium, idle, openStage, untilStored } from '../packages/web/test/stage.ts';
import { sendLongTrace, sendStory } from '../packages/web/test/story.ts';

const assets = join(import.meta.dirname, '../packages/web/dist/assets');
const spanCount = 50_000;

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
  const first = await measureFirstPage();
  const long = await measureLongTrace(traceId);
  console.log(`| what | measured | bound |\n| --- | ---: | ---: |`);
  const rows: readonly (readonly [string, string, string])[] = [
    ['JavaScript of the first page, gzip', `${(first.scriptBytes / 1000).toFixed(0)} kB`, '250 kB'],
    ['first paint of Traces', `${first.paintMs.toFixed(0)} ms`, '1,000 ms'],
    ['Traces answered and drawn', `${first.idleMs.toFixed(0)} ms`, ''],
    [`open a trace of ${spanCount} spans, 200 levels`, `${long.openMs.toFixed(0)} ms`, '2,000 ms'],
    ...(['scroll', 'zoom'] as const).flatMap((kind) => [
      [`${kind}: frame p50`, `${long[kind].p50.toFixed(1)} ms`, '16.7 ms'] as const,
      [`${kind}: frame p95`, `${long[kind].p95.toFixed(1)} ms`, ''] as const,
      [`${kind}: script per frame, p95`, `${long[kind].scriptP95.toFixed(1)} ms`, ''] as const,
    ]),
  ];
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  console.log(
    `\n${cpus().length} cores of ${cpus()[0]?.model ?? 'unknown'}, Chromium without a GPU, 1280 × 800.`,
  );
} finally {
  await stage.close();
}

async function measureFirstPage(): Promise<{ scriptBytes: number; paintMs: number; idleMs: number }> {
  const context = await stage.browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const scripts = new Set<string>();
  page.on('request', (request) => {
    const name = /\/assets\/([^/]+\.js)$/.exec(request.url())?.[1];
    if (name !== undefined) scripts.add(name);
  });
  const began = performance.now();
  await page.goto(`${stage.urls.ui}/traces`);
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

interface FrameTimes {
  readonly p50: number;
  readonly p95: number;
  readonly scriptP95: number;
}

async function measureLongTrace(
  traceId: string,
): Promise<{ openMs: number; scroll: FrameTimes; zoom: FrameTimes }> {
  const page = await stage.open('/traces');
  const began = performance.now();
  await page.goto(`${stage.urls.ui}/traces/${traceId}`);
  await idle(page);
  const openMs = performance.now() - began;
  const scroll = await frameTimes(page, 'scroll');
  const zoom = await frameTimes(page, 'zoom');
  return { openMs, scroll, zoom };
}

/** Two seconds of one gesture, a step per frame, as a hand would make it. */
async function frameTimes(page: Page, kind: 'scroll' | 'zoom'): Promise<FrameTimes> {
  const samples = await page.evaluate(async (gesture) => {
    const scroller = document.querySelector<HTMLElement>('[data-testid="waterfall"]');
    const frames: { frame: number; script: number }[] = [];
    let last = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
    for (let i = 0; i < 120; i++) {
      const began = performance.now();
      if (gesture === 'scroll') scroller?.scrollBy(0, 700);
      else {
        const box = scroller?.getBoundingClientRect();
        const deltaY = i < 60 ? -40 : 40;
        const at = { clientX: (box?.left ?? 0) + 800, clientY: (box?.top ?? 0) + 300 };
        scroller?.dispatchEvent(
          new WheelEvent('wheel', { ...at, deltaY, ctrlKey: true, bubbles: true, cancelable: true }),
        );
      }
      // The product draws in the same frame, after this callback was asked for.
      const drawn = await new Promise<{ start: number; end: number }>((resolve) =>
        requestAnimationFrame((start) => {
          const channel = new MessageChannel();
          channel.port1.addEventListener('message', () => resolve({ start, end: performance.now() }));
          channel.port1.start();
          channel.port2.postMessage(0);
        }),
      );
      frames.push({ frame: drawn.start - last, script: drawn.end - Math.max(began, drawn.start) });
      last = drawn.start;
    }
    return frames.slice(5);
  }, kind);
  const frames = samples.map((sample) => sample.frame).toSorted((a, b) => a - b);
  const scripts = samples.map((sample) => sample.script).toSorted((a, b) => a - b);
  const at = (sorted: readonly number[], share: number): number =>
    sorted[Math.floor(sorted.length * share)] ?? 0;
  return { p50: at(frames, 0.5), p95: at(frames, 0.95), scriptP95: at(scripts, 0.95) };
}
