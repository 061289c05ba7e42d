/**
 * The speed of the pages as people feel it: for every page of the navigation the time from the click to its content and the bytes it took, and the long tasks while the list of
 * traces scrolls. On an hour of the demo's history, or on a server that runs: `node bench/web-pages.bench.ts [--url http://127.0.0.1:4300]`.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright-core';
import { allStored } from '../packages/web/test/recordings.ts';
import { browserFlags, findChromium, idle, openStage } from '../packages/web/test/stage.ts';

const executablePath = findChromium();
if (executablePath === undefined) process.exit(0);
const { values } = parseArgs({ options: { url: { type: 'string' } } });
const cli = join(import.meta.dirname, '../packages/cli/src/main.ts');

/** The parts of a browser's globals that the bench uses: Node has no types for them. */
interface InPage {
  readonly location: { readonly pathname: string };
  readonly document: { readonly documentElement: { readonly dataset: Record<string, string> } };
  readonly performance: { now(): number };
  requestAnimationFrame(step: () => void): void;
}
interface LinkInPage {
  readonly pathname: string;
  addEventListener(type: 'click', listener: (event: { timeStamp: number }) => void, options: object): void;
}

if (values.url === undefined) {
  const stage = await openStage();
  try {
    const asked = ['demo', '--history', '1h', '--duration', '0s', '--seed', '11', '--url', stage.urls.ui];
    execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...asked]);
    await allStored(stage.urls.ui);
    await measure(stage.urls.ui);
  } finally {
    await stage.close();
  }
} else await measure(values.url);

async function measure(url: string): Promise<void> {
  const browser = await chromium.launch({ executablePath: executablePath ?? '', args: browserFlags });
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    await context.addInitScript(() => {
      for (const group of ['Activity', 'Building blocks', 'Quality', 'Signals', 'System'])
        localStorage.setItem(`sightline.sideBar.${group}`, 'open');
    });
    const page = await context.newPage();
    console.log(
      '| page | first visit, click to content | again | over the wire |\n| --- | ---: | ---: | ---: |',
    );
    await page.goto(`${url}/gallery`);
    await idle(page);
    const labels = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allTextContents();
    for (const label of labels)
      console.log(`| ${label} | ${(await measurePage(page, url, label)).join(' | ')} |`);
    console.log(await measureScroll(page, url));
  } finally {
    await browser.close();
  }
}

/** From another page, so that the click is one. */
async function measurePage(page: Page, url: string, label: string): Promise<readonly string[]> {
  await page.goto(`${url}/gallery`);
  await idle(page);
  let bytes = 0;
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  const first = await clickTo(page, label);
  const transferred = bytes;
  await page.goBack();
  await idle(page);
  const again = await clickTo(page, label);
  await session.detach();
  return [`${first.toFixed(0)} ms`, `${again.toFixed(0)} ms`, `${(transferred / 1000).toFixed(0)} kB`];
}

/** Measured in the page: a wait of the driver looks again after up to half a second. */
async function clickTo(page: Page, label: string): Promise<number> {
  const link = page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: label, exact: true });
  // A pointer rests on a link before it presses: React hears of that from a real move only.
  await link.hover();
  await page.waitForTimeout(150);
  const shown = link.evaluate(
    (element) =>
      new Promise<number>((resolve) => {
        const inPage = globalThis as unknown as InPage;
        const target = element as unknown as LinkInPage;
        const begin = ({ timeStamp }: { timeStamp: number }): void => {
          const look = (): void => {
            const isShown =
              inPage.location.pathname === target.pathname &&
              inPage.document.documentElement.dataset['idle'] === 'true';
            if (isShown) resolve(inPage.performance.now() - timeStamp);
            else inPage.requestAnimationFrame(look);
          };
          inPage.requestAnimationFrame(look);
        };
        target.addEventListener('click', begin, { capture: true, once: true });
      }),
  );
  await link.click();
  return shown;
}

/** 250 turns of the wheel, a tenth of a second apart, through as many pages as that takes. */
async function measureScroll(page: Page, url: string): Promise<string> {
  await page.goto(`${url}/traces?from=-3h`);
  await idle(page);
  await page.evaluate(() => {
    const seen: number[] = [];
    (globalThis as unknown as { longTasks: number[] }).longTasks = seen;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.push(entry.duration);
    }).observe({ type: 'longtask' } as never);
  });
  await page.mouse.move(800, 500);
  for (let turn = 0; turn < 250; turn++) {
    await page.mouse.wheel(0, 1200);
    await page.waitForTimeout(30);
  }
  const tasks = await page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks);
  const rows = await page.getByRole('table').getAttribute('aria-rowcount');
  const over = tasks.filter((ms) => ms > 100);
  return `\nTraces scrolled through ${rows} rows: ${tasks.length} tasks over 50 ms, ${over.length} over 100 ms, the longest ${Math.max(0, ...tasks).toFixed(0)} ms.`;
}
