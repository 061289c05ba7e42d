/**
 * As a new user would: npm pack, npm install in an empty project, and the README's example, as ES module and as CommonJS; on the
 * oldest Node supported and the current ones; beside OpenTelemetry's 2.x SDK.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Fastify from 'fastify';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientPackages } from '../../server/src/http/client-packages.ts';
import { ownSdk } from '../../web/src/model/snippets/own-sdk.ts';
import { packageRoot } from './test/built-package.ts';
import { installProject, packSdk } from './test/installed-project.ts';
import { startReceiver, type OtlpReceiver } from './test/otlp-receiver.ts';
import { chatCompletion, startProvider } from './test/provider-server.ts';

const run = promisify(execFile);
let tarball = '';
let receiver: OtlpReceiver;

const createProject = async (...packages: string[]) => installProject(tarball, ...packages);

beforeAll(async () => {
  tarball = await packSdk();
}, 300_000);

beforeEach(async () => {
  receiver = await startReceiver();
  return () => receiver.close();
});

describe('a new user', () => {
  let project = '';
  beforeAll(async () => {
    project = await createProject();
  }, 300_000);
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
    const fetching = (path: string) => `fetch(process.env.SIGHTLINE_ENDPOINT + '/${path}')`;
    const register = '@sightline/sdk/register';
    await run(process.execPath, ['--import', register, '-e', fetching('probe-esm')], { cwd: project, env });
    await run(process.execPath, ['--require', register, '-e', fetching('probe-cjs')], { cwd: project, env });
    expect(receiver.text('traces')).toContain('/probe-esm');
    expect(receiver.text('traces')).toContain('/probe-cjs');
  });

  it('reads why a wrong configuration does not start', async () => {
    const program = "import { init } from '@sightline/sdk'; init({ endpoint: 'ftp://nowhere' });";
    const { stderr } = await run(process.execPath, ['--input-type=module', '-e', program], {
      cwd: project,
    }).catch((error: { stderr: string }) => error);
    expect(stderr).toContain('Cannot start Sightline: endpoint is "ftp://nowhere", not an http(s) address.');
  });
});

describe('on every Node it supports', () => {
  let project = '';
  beforeAll(async () => {
    project = await createProject('openai@7', 'express@5', 'winston@3');
    // Express and winston are CommonJS that an ES module imports: what older hooks of Node break on.
    writeFileSync(
      join(project, 'app.mjs'),
      `import express from 'express';
import winston from 'winston';
import OpenAI from 'openai';
import { getLogger, traced, withSpan } from '@sightline/sdk';

const log = winston.createLogger({ silent: true });
const client = new OpenAI({ baseURL: process.env.PROVIDER + '/v1', apiKey: 'k' });
const ask = traced(
  async () => (await client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] })).choices[0].message.content,
  { name: 'ask' },
);
const app = express().get('/', async (_request, response) => response.send(await ask()));
const server = app.listen(0, '127.0.0.1', async () => {
  const answer = await withSpan('request', {}, async () => (await fetch('http://127.0.0.1:' + server.address().port)).text());
  getLogger('app').info(answer);
  console.log(process.version, answer, typeof log.info);
  server.closeAllConnections();
  server.close();
});
`,
    );
    writeFileSync(
      join(project, 'app.cjs'),
      `const OpenAI = require('openai');
const client = new OpenAI({ baseURL: process.env.PROVIDER + '/v1', apiKey: 'k' });
void client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] }).then((answer) => console.log(process.version, answer.choices[0].message.content));
`,
    );
  }, 300_000);

  it.each(['22.15.0', '22', '24.0.0', '24'])('Node %s', async (version) => {
    const provider = await startProvider({ json: chatCompletion() });
    const { stdout: node } = await run(
      'npx',
      ['-y', '-p', `node@${version}`, 'node', '-p', 'process.execPath'],
      {
        cwd: project,
      },
    );
    const env = { PATH: process.env['PATH'], SIGHTLINE_ENDPOINT: receiver.url, PROVIDER: provider.url };
    const start = (program: string) =>
      run(node.trim(), ['--import', '@sightline/sdk/register', program], { cwd: project, env });
    const esm = await start('app.mjs');
    expect(esm.stdout).toContain('Hello. function');
    expect(esm.stdout).toMatch(new RegExp(`^v${version.replaceAll('.', '\\.')}`));
    const traces = receiver.text('traces');
    for (const name of ['ask', 'request']) expect(traces).toContain(name);
    expect(traces.match(/chat gpt-4o/g)).toHaveLength(1);
    expect(receiver.text('logs')).toContain('Hello.');
    expect((await start('app.cjs')).stdout).toContain('Hello.');
    expect(receiver.text('traces').match(/chat gpt-4o/g)).toHaveLength(2);
    provider.close();
  });
});

describe("beside OpenTelemetry's 2.x SDK, with its older API", () => {
  let project = '';
  beforeAll(async () => {
    project = await createProject(
      'openai@7',
      '@opentelemetry/api@1.9.0',
      '@opentelemetry/sdk-node@0.223.0',
      '@opentelemetry/sdk-trace-base@2.12.0',
      '@opentelemetry/instrumentation-undici@0.20.0',
    );
    copyFileSync(join(packageRoot, 'src/test/programs/node-sdk.mjs'), join(project, 'node-sdk.mjs'));
  }, 300_000);

  it.each(['before', 'after'])('set up %s init: every span once in each pipeline', async (order) => {
    const env = {
      PATH: process.env['PATH'],
      ORDER: order,
      SDK: '@opentelemetry/sdk-trace-base',
      SIGHTLINE: '@sightline/sdk',
    };
    const { stdout, stderr } = await run(process.execPath, ['node-sdk.mjs'], { cwd: project, env });
    const spans = [
      'GET < our span',
      'POST < chat gpt-4o',
      'chat gpt-4o < our span',
      'host span < ',
      'our span < host span',
    ];
    expect(JSON.parse(stdout.trim() || '{}'), stderr).toEqual({ theirs: spans, ours: spans });
  });
});

describe('beside the observability packages people have', () => {
  const projects: readonly (readonly [beside: string, ...packages: string[]])[] = [
    ['@opentelemetry/sdk-node', '@opentelemetry/sdk-node@0.203', '@opentelemetry/api@1.9.0'],
    ['@opentelemetry/sdk-node', '@opentelemetry/sdk-node@0.223.0', '@opentelemetry/api@1.9.0'],
    ['@opentelemetry/sdk-node', '@opentelemetry/sdk-node@0.301.0'],
    ['@traceloop/node-server-sdk', '@traceloop/node-server-sdk'],
    ['langfuse', 'langfuse'],
    ['@sentry/node', '@sentry/node'],
    ['dd-trace', 'dd-trace'],
    ['ai', 'ai@5'],
    ['ai', 'ai@6'],
    ['ai', 'ai@7'],
  ];

  it.each(projects)(
    'starts and sends with %s (%s), whichever is set up first, as ES module and as CommonJS',
    async (beside, ...packages) => {
      const project = await createProject('--ignore-scripts', ...packages);
      copyFileSync(join(packageRoot, 'src/test/programs/beside.mjs'), join(project, 'beside.mjs'));
      for (const FORMAT of ['esm', 'cjs'])
        for (const ORDER of ['before', 'after']) {
          const env = { PATH: process.env['PATH'], BESIDE: beside, FORMAT, ORDER };
          const { stdout, stderr } = await run(process.execPath, ['beside.mjs'], { cwd: project, env });
          const sent = { outer: true, inner: true, line: true, metrics: true };
          expect(JSON.parse(stdout.trim() || '{}'), `${FORMAT} ${ORDER} ${stderr}`).toEqual(sent);
        }
    },
    300_000,
  );

  it('sends each header once through fetch, undici 5 to 7, instrumented node:http, node:https and gRPC', async () => {
    const project = await createProject(
      'undici-5@npm:undici@5',
      'undici-6@npm:undici@6',
      'undici-7@npm:undici@7',
      '@opentelemetry/instrumentation-grpc',
      '@opentelemetry/instrumentation-http',
      '@opentelemetry/instrumentation-undici',
      '@opentelemetry/sdk-node',
    );
    copyFileSync(join(packageRoot, 'src/test/programs/single-headers.mjs'), join(project, 'headers.mjs'));
    for (const HOST of ['none', 'before', 'after']) {
      const env = {
        PATH: process.env['PATH'],
        SIGHTLINE: '@sightline/sdk',
        HTTP: 'yes',
        UNDICI: 'undici-5,undici-6,undici-7',
        HOST,
      };
      const { stdout } = await run(process.execPath, ['headers.mjs'], { cwd: project, env });
      const seen = Object.entries(JSON.parse(stdout) as Record<string, Partial<Record<string, object>>>);
      expect(seen).toHaveLength(15);
      const once = { traceparent: 1, 'x-trace-id': 1, 'x-correlation-id': 1, baggage: 1 };
      for (const [client, { byFunction, byHand, listed }] of seen) {
        expect(byFunction, `${HOST} ${client}`).toMatchObject({ ...once, id: 'req-124', ofCaller: false });
        expect(byHand, `${HOST} ${client}`).toMatchObject({ ...once, comma: false });
        if (listed === undefined) continue;
        // The instrumentation of node:http makes an object of a list, whose names are then the places: what was listed may be lost, never doubled.
        if (client === 'http with a list')
          for (const name of Object.keys(once)) expect([0, 1]).toContain(Reflect.get(listed, name));
        else expect(listed, `${HOST} ${client}`).toMatchObject({ ...once, comma: false });
      }
    }
  }, 300_000);
});

describe('installed from a running server', () => {
  it.each(['22', '24'])(
    'by the line of Get started, on Node %s',
    async (version) => {
      const app = Fastify();
      await app.register(clientPackages, { sdk: tarball, cli: tarball });
      const address = await app.listen({ port: 0, host: '127.0.0.1' });
      const to = { server: address, endpoint: receiver.url, apiKey: undefined };
      const [install, program, start] = (ownSdk.snippets.node?.(to).parts ?? []).map(({ code }) => code);
      const project = mkdtempSync(join(tmpdir(), 'sightline-started-'));
      writeFileSync(join(project, 'package.json'), '{ "private": true }');
      writeFileSync(join(project, 'first-run.mjs'), program ?? '');
      const provider = await startProvider({ json: chatCompletion() });
      await run('npm', ['install', '--no-audit', '--no-fund', `node@${version}`], { cwd: project });
      await run('sh', ['-c', install ?? ''], { cwd: project });
      const path = `${join(project, 'node_modules/node/bin')}:${process.env['PATH']}`;
      const env = { PATH: path, OPENAI_API_KEY: 'k', OPENAI_BASE_URL: `${provider.url}/v1` };
      await run('sh', ['-c', start ?? ''], { cwd: project, env });
      expect(receiver.text('traces')).toContain('weather-agent');
      expect(receiver.text('traces')).toContain('chat gpt-5.4-mini');
      provider.close();
      await app.close();
    },
    300_000,
  );
});

describe('on a Node that is too old', () => {
  it.each(['20', '22.14.0'])(
    'Node %s: says so in one line, and the program runs as without it',
    async (version) => {
      const project = await createProject(`node@${version}`);
      const node = join(project, 'node_modules/node/bin/node');
      const program = `
      import { init, flush, getCorrelationId, traced, trackStage, withSpan } from '@sightline/sdk';
      init({ endpoint: '${receiver.url}' });
      console.log(await traced(async (n) => n + 1)(1), withSpan('s', {}, () => 2), trackStage('a', 'A', 't', () => 3));
      await flush();`;
      writeFileSync(join(project, 'app.mjs'), program);
      writeFileSync(
        join(project, 'app.cjs'),
        `const { init, withSpan } = require('@sightline/sdk'); init(); console.log(withSpan('s', {}, () => 2));`,
      );
      const env = { PATH: process.env['PATH'] };
      const starts = [['app.mjs'], ['app.cjs'], ['--import', '@sightline/sdk/register', 'app.mjs']];
      for (const args of starts) {
        const { stdout, stderr } = await run(node, args, { cwd: project, env });
        expect(stdout.trim()).toBe(args.at(-1) === 'app.cjs' ? '2' : '2 2 3');
        expect(stderr.trim().split('\n')).toHaveLength(1);
        expect(stderr).toContain('Sightline needs Node 22.15 or newer');
      }
      expect(receiver.text('traces')).toBe('');
    },
    300_000,
  );
});
