/** Every program of an empty page, as it is printed, against the built SDK and a real server: what the page asks for is there. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt, packageRoot } from '../../../sdk/src/test/built-package.ts';
import { type FilledPage, fillerFor } from '../../src/model/snippets/fillers.ts';
import { openTelemetry } from '../../src/model/snippets/opentelemetry.ts';
import { FirstRunStage } from './first-run.ts';

const run = promisify(execFile);

/** What each page asks, and the list in the answer. */
const pages: readonly (readonly [page: FilledPage, path: string, list: string])[] = [
  ['traces', '/traces', 'traces'],
  ['logs', '/logs', 'logs'],
  ['metrics', '/metrics', 'metrics'],
  ['map', '/service-map', 'nodes'],
  ['errors', '/errors', 'errors'],
  ['runs', '/runs', 'runs'],
  ['sessions', '/sessions', 'sessions'],
  ['users', '/users', 'users'],
  ['models', '/models', 'models'],
  ['agents', '/agents', 'agents'],
  ['tools', '/tools', 'tools'],
  ['mcp', '/mcp', 'servers'],
  ['scores', '/scores', 'scores'],
];

describe('the program of an empty page', { timeout: 60_000 }, () => {
  let stage: FirstRunStage;
  beforeAll(async () => {
    await ensureBuilt();
    stage = await FirstRunStage.open();
  }, 180_000);
  afterAll(async () => stage.close());

  it.each(pages)('%s: fills it', async (page, path, list) => {
    const folder = join(packageRoot, 'dist/snippets');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `fill-${page}.mjs`);
    writeFileSync(file, fillerFor(page, stage.to));
    // What the programs before it sent does not count.
    const since = new Date().toISOString();
    await run(process.execPath, [file], { timeout: 30_000 });
    for (const untilMs = Date.now() + 20_000; ; await delay(100)) {
      const answer = await stage.server.read<Record<string, unknown>>(`${path}?from=${since}`);
      const items: unknown = answer[list];
      if (Array.isArray(items) && items.length > 0) break;
      if (Date.now() > untilMs) throw new Error(`${path} is still empty: ${JSON.stringify(answer)}`);
    }
  });

  it('the lines of curl, which need no package, lead to a run with its cost', async () => {
    const snippet = openTelemetry.snippets.shell?.(stage.to);
    const first = await stage.firstRunOf(snippet ?? { parts: [] });
    expect(first).toMatchObject({ agent: 'weather-agent', service: 'first-agent', inputTokens: 1200 });
  });
});
