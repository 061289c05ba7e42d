// `npm test`: everything a change must pass, cheapest first. `--checks`: only what needs no tests run. `--long`: also the
// long tests. `--watch [files]`: the tests of what changes. It installs what is missing and ends with the line `N passed, N failed, N skipped`.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  ensureAlertmanager,
  ensureChromium,
  ensurePostgres,
  ensurePrometheus,
  ensureRedis,
} from './lib/debian.mjs';
import {
  childEnvironment,
  ensureDirectory,
  ensureInstalled,
  ensureWebBuilt,
  nodeBinary,
  root,
  run,
} from './lib/workspace.mjs';

const wants = (flag) => process.argv.includes(flag);
ensureInstalled();

if (wants('--watch')) {
  ensureWebBuilt();
  const args = process.argv.slice(2).filter((arg) => arg !== '--watch');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  process.exit(await run(nodeBinary(), [vitest, 'watch', ...args], { env: testEnvironment() }));
}

const bin = (name) => join(root, 'node_modules', '.bin', name);
const checks = [
  ['format', bin('oxfmt'), ['--check', '.']],
  ['lint', bin('oxlint'), ['--type-aware', '--quiet', '.']],
  ['types', bin('tsc'), ['-p', '.']],
  ['types of the web UI', bin('tsc'), ['-p', 'packages/web']],
  ['unused files, exports and dependencies', bin('knip'), ['--no-progress']],
];

const tally = { passed: 0, failed: 0, skipped: 0 };
for (const [name, command, args] of checks) {
  const ok = await timed(name, () => run(command, args, { env: childEnvironment() }));
  tally[ok ? 'passed' : 'failed'] += 1;
}
if (!wants('--checks') && tally.failed === 0) {
  ensureWebBuilt();
  await runTests('tests', ['vitest.config.ts']);
  if (wants('--long')) await runTests('long tests', ['vitest.long.config.ts']);
}
console.log(`\n${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
process.exit(tally.failed === 0 ? 0 : 1);

async function runTests(name, [config]) {
  const report = join(ensureDirectory('.cache'), `${name.replaceAll(' ', '-')}.json`);
  rmSync(report, { force: true });
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--config',
    config,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const ok = await timed(name, () => run(nodeBinary(), args, { env: testEnvironment() }));
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  tally.passed += result?.numPassedTests ?? 0;
  tally.skipped += (result?.numPendingTests ?? 0) + (result?.numTodoTests ?? 0);
  // A test file that does not load fails no test, yet the run has failed.
  tally.failed += Math.max(result?.numFailedTests ?? 0, ok ? 0 : 1);
}

/** Where the programs are that tests run beside the server. */
function testEnvironment() {
  return childEnvironment({
    SIGHTLINE_CHROMIUM: ensureChromium() ?? '',
    SIGHTLINE_POSTGRES_BIN: ensurePostgres() ?? '',
    SIGHTLINE_REDIS_SERVER: ensureRedis() ?? '',
    SIGHTLINE_ALERTMANAGER: ensureAlertmanager() ?? '',
    ...(wants('--long') ? { SIGHTLINE_PROMETHEUS_BIN: ensurePrometheus() ?? '' } : {}),
  });
}

async function timed(name, work) {
  const start = performance.now();
  console.log(`\n── ${name}`);
  const code = await work();
  console.log(
    `── ${name}: ${code === 0 ? 'ok' : 'FAILED'} in ${((performance.now() - start) / 1000).toFixed(1)} s`,
  );
  return code === 0;
}
