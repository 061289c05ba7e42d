/** docs/replay.md in an empty folder of a new user, with the SDK and the command line as the server gives them out. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLiveServer, type LiveServer } from '../testing/live-server.ts';
import { expectAllOf, readReplayPage, runScript, scriptOf } from '../testing/replay-page.ts';

let live: LiveServer;
let folder: string;
beforeAll(async () => {
  const workspace = new URL('../../../../scripts/lib/workspace.mjs', import.meta.url).href;
  execFileSync(process.execPath, ['-e', `import('${workspace}').then((all) => all.ensureClientsPacked())`]);
  live = await startLiveServer();
  folder = await mkdtemp(path.join(tmpdir(), 'sightline-new-user-'));
  await writeFile(path.join(folder, 'package.json'), '{"name":"orders","private":true}');
}, 300_000);
afterAll(async () => {
  await live?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a failing run is debugged, fixed and tested, and fifty runs of production judge the fix in CI; without the fix the gate holds', async () => {
  const env = {
    // How npm reaches its registry is among it.
    ...process.env,
    NODE_OPTIONS: '',
    SIGHTLINE_URL: live.url,
    SIGHTLINE_ENDPOINT: live.url,
    OTEL_LOG_LEVEL: 'none',
  };
  const install = 'npm install --no-save "$SIGHTLINE_URL/sdk.tgz" "$SIGHTLINE_URL/cli.tgz"';
  const page = await readReplayPage();
  const { stdout, stderr } = await runScript(`${install}\n${scriptOf(page)}`, {
    folder,
    env,
    sightline: 'npx sightline',
  });
  expectAllOf(stdout, stderr);
  // The next change of somebody takes the fix away. What the check before left behind is not replayed.
  const broken = String.raw`sed -i 's/{ euro = 0 }/{ euro }/' agent.mjs; sed -i '/node --test/d' ci.sh; bash ci.sh || echo "CI ended with $?"`;
  const again = await runScript(broken, { folder, env, sightline: 'npx sightline' });
  expect(again.stdout).toMatch(
    /50 runs replayed[^]*pass rate +\d+ % → [78]\d %[^]*The gate does not pass\.\s+CI ended with 1/,
  );
}, 500_000);
