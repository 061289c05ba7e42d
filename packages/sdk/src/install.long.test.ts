/** As a new user would: npm pack, npm install in an empty project, and the README's example, as ES module and as CommonJS. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt, packageRoot } from './test/built-package.ts';
import { startReceiver, type OtlpReceiver } from './test/otlp-receiver.ts';

const run = promisify(execFile);
const project = mkdtempSync(join(tmpdir(), 'sightline-user-'));
let receiver: OtlpReceiver;

beforeAll(async () => {
  await ensureBuilt();
  receiver = await startReceiver();
  const { stdout } = await run(
    'npm',
    ['pack', '--silent', '--ignore-scripts', '--pack-destination', project],
    { cwd: packageRoot },
  );
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'user', version: '1.0.0', private: true }),
  );
  await run('npm', ['install', '--no-audit', '--no-fund', join(project, stdout.trim())], { cwd: project });
}, 300_000);

afterAll(() => receiver.close());

describe('a new user', () => {
  const example = () =>
    /^```ts\n(.*?)^```/ms
      .exec(readFileSync(join(packageRoot, 'README.md'), 'utf8'))?.[1]
      ?.replace('http://127.0.0.1:4318', receiver.url) ?? '';

  it('runs the README example', async () => {
    writeFileSync(join(project, 'example.mjs'), example());
    await run(process.execPath, ['example.mjs'], { cwd: project });
    expect(receiver.text('traces')).toContain('execute_tool lookup');
    expect(receiver.text('logs')).toContain('Found it');
    expect(receiver.text('metrics')).toContain('questions.answered');
  });

  it('uses it from CommonJS', async () => {
    const program = `const { init, withSpan } = require('@sightline/sdk'); init({ endpoint: '${receiver.url}' }); withSpan('from cjs', {}, () => {});`;
    await run(process.execPath, ['-e', program], { cwd: project });
    expect(receiver.text('traces')).toContain('from cjs');
  });

  it('registers it without code, from CommonJS too', async () => {
    const env = { ...process.env, SIGHTLINE_ENDPOINT: receiver.url };
    await run(
      process.execPath,
      ['--import', '@sightline/sdk/register', '-e', "fetch(process.env.SIGHTLINE_ENDPOINT + '/probe-esm')"],
      { cwd: project, env },
    );
    await run(
      process.execPath,
      ['--require', '@sightline/sdk/register', '-e', "fetch(process.env.SIGHTLINE_ENDPOINT + '/probe-cjs')"],
      { cwd: project, env },
    );
    expect(receiver.text('traces')).toContain('/probe-esm');
    expect(receiver.text('traces')).toContain('/probe-cjs');
  });
});
