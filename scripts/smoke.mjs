// Starts the product by `npm start` on free ports and an empty data directory, sends one trace as OTLP/JSON with nothing but
// fetch, and waits until the API, and the page, show it. Exits 0 when they do.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { on, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail, root } from './lib/workspace.mjs';

const data = mkdtempSync(join(tmpdir(), 'sightline-smoke-'));
const ports = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0'];
const started = performance.now();
const server = spawn('npm', ['start', '--silent', '--', ...ports, '--data', data], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
});
let outputEnded = false;
server.stdout.once('end', () => (outputEnded = true));
const deadline = AbortSignal.timeout(300_000);

let problem;
try {
  await tryIt();
} catch (error) {
  problem = deadline.aborted
    ? 'The product was not ready and showing a trace within five minutes.'
    : (error?.message ?? String(error));
}
await stopServer();
rmSync(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
if (problem !== undefined) fail(problem);
console.log('The product works.');

async function tryIt() {
  const line = await readyLine(server.stdout);
  console.log(`${line}\n(after ${((performance.now() - started) / 1000).toFixed(1)} s)`);
  const [, ui, otlp] = /UI (\S+) +OTLP\/HTTP (\S+)/.exec(line) ?? [];
  if (otlp === undefined) throw new Error(`The ready line is not as documented: ${line}`);
  const traceId = randomBytes(16).toString('hex');
  await send(otlp, traceId);
  const acknowledged = performance.now();
  await until(async () => (await fetch(`${ui}/api/v1/traces/${traceId}`)).ok);
  console.log(
    `The trace was visible ${(performance.now() - acknowledged).toFixed(0)} ms after it was acknowledged.`,
  );
  const page = await fetch(`${ui}/traces/${traceId}`);
  if (!page.ok || !(await page.text()).includes('<div id="root"'))
    throw new Error('The page of the trace is not served.');
}

async function send(otlp, traceId) {
  const start = BigInt(Date.now()) * 1_000_000n;
  const span = {
    traceId,
    spanId: randomBytes(8).toString('hex'),
    name: 'smoke',
    kind: 2,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 5_000_000n),
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'smoke' } }] };
  const response = await fetch(`${otlp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  });
  if (!response.ok) throw new Error(`The trace was refused: ${response.status} ${await response.text()}`);
}

async function readyLine(stream) {
  let text = '';
  for await (const [chunk] of on(stream, 'data', { signal: deadline, close: ['end'] })) {
    text += chunk;
    const line = text.split('\n').find((candidate) => candidate.startsWith('Sightline is ready: '));
    if (line !== undefined) return line;
  }
  throw new Error('The product ended before it was ready.');
}

async function until(condition) {
  while (!(await condition())) {
    deadline.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Ends the whole group: npm, the script it runs, and the server. npm ends before the server does, which closes its files first:
 * so not the end of npm counts but the end of the output, which each of them holds open.
 */
async function stopServer() {
  if (outputEnded) return;
  const group = -(server.pid ?? 0);
  const ended = once(server.stdout, 'end');
  server.stdout.resume();
  process.kill(group, 'SIGTERM');
  const kill = setTimeout(() => {
    problem ??= 'The product did not end within a minute of SIGTERM.';
    process.kill(group, 'SIGKILL');
  }, 60_000);
  await ended;
  clearTimeout(kill);
}
