/** Prompts, datasets, experiments and files of alerts on the command line, against a real server in another process. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { comparisonResponse, experimentSummary } from '@sightline/schema/api';
import { z } from 'zod';
import { type LiveServer, startLiveServer } from '../testing/live-server.ts';
import { sightline, startSightline } from '../testing/run-sightline.ts';

// Every call is a process of its own; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

let server: LiveServer;
let folder = '';
const bin = join(import.meta.dirname, '../../bin/sightline.mjs');
const run = async (...words: string[]) => sightline(words, { url: server.url });
const file = async (name: string, content: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-quality-'));
  vi.stubEnv('JUDGE_API_KEY', 'sk-judge');
  server = await startLiveServer(['--canary-interval', 'off']);
}, 120_000);
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('prompts: saved, compared, labelled', async () => {
  const first = await file('greet.txt', 'Greet {{name}}.\nBe brief.\n');
  expect(await run('prompts', 'save', 'greet', '--file', first, '--label', 'production')).toMatchObject({
    code: 0,
    stdout: 'Saved as version 1.\n',
  });
  const second = await file(
    'greet.json',
    JSON.stringify({ messages: [{ role: 'user', content: 'Greet {{name}}.\nBe kind.' }], model: 'gpt-4o' }),
  );
  await run('prompts', 'save', 'greet', '--file', second);
  const diff = await run('prompts', 'diff', 'greet', 'production', 'latest');
  expect(diff.code).toBe(1);
  expect(diff.stdout).toContain('- Be brief.\n+ Be kind.');
  expect(await run('prompts', 'label', 'greet', '2', 'production')).toMatchObject({ code: 0 });
  expect((await run('prompts', 'diff', 'greet', 'production', 'latest')).code).toBe(0);
  expect((await run('prompts', 'list')).stdout).toBe('greet  v2  production v2\n');
  expect(await run('prompts', 'get', 'none')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no prompt "none"'),
  });
});

test('datasets: a file comes in once, and goes out as it came', async () => {
  const lines = Array.from({ length: 250 }, (_, nr) => `${nr},"{""nr"": ${nr}}",n${nr},x${nr % 3}`);
  const path = await file('numbers.csv', `id,input,expected,kind\n${lines.join('\n')}\n`);
  expect((await run('datasets', 'import', 'numbers', path)).stdout).toBe(
    '250 added, 0 changed, 0 as before, 0 duplicates left out: version 1 with 250 items.\n',
  );
  expect((await run('datasets', 'import', 'numbers', path)).stdout).toContain(
    '0 added, 0 changed, 250 as before',
  );
  const exported = await run('datasets', 'export', 'numbers');
  expect(JSON.parse(exported.stdout.split('\n')[3] ?? '')).toEqual({
    id: '3',
    input: { nr: 3 },
    expected: 'n3',
    metadata: { kind: 'x0' },
    split: '',
  });
  const again = await file('again.jsonl', exported.stdout);
  expect((await run('datasets', 'import', 'copy', again)).stdout).toContain('250 added');
  const broken = await file('broken.jsonl', '{"input": 1}\n{"input": \n');
  expect(await run('datasets', 'import', 'copy', broken)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('line 2 is no JSON'),
  });
});

test('datasets: a reader that comes late still gets all of an export', async () => {
  const lines = Array.from(
    { length: 3_000 },
    (_, nr) => `{"id": "${nr}", "input": "${'x'.repeat(40)}${nr}"}`,
  );
  await run('datasets', 'import', 'many', await file('many.jsonl', lines.join('\n')));
  const { stdout } = await promisify(execFile)(
    'bash',
    ['-c', `'${process.execPath}' '${bin}' datasets export many | (sleep 2; wc -l)`],
    { env: { ...process.env, SIGHTLINE_URL: server.url } },
  );
  expect(Number(stdout)).toBe(3_000);
});

test('experiments: a program that got worse ends the comparison with 1', async () => {
  const items = await file(
    'few.csv',
    `input,expected\n${Array.from({ length: 12 }, (_, nr) => `${nr} times two,${nr * 2}`).join('\n')}\n`,
  );
  await run('datasets', 'import', 'few', items);
  const good = await file(
    'good.mjs',
    "let t='';for await(const c of process.stdin)t+=c;console.log(parseInt(t)*2)",
  );
  const bad = await file(
    'bad.mjs',
    "let t='';for await(const c of process.stdin)t+=c;if(parseInt(t)===3){console.error('three');process.exit(7)}console.log(parseInt(t)*3)",
  );
  const tryOne = async (name: string, program: string) => {
    const { stdout, stderr } = await run(
      'experiments',
      'run',
      'few',
      '--name',
      name,
      '--json',
      '--',
      process.execPath,
      program,
    );
    expect(stderr).not.toContain('bad_');
    return experimentSummary.parse(JSON.parse(stdout));
  };
  const before = await tryOne('before', good);
  expect(before).toMatchObject({
    state: 'done',
    results: 12,
    errors: 0,
    scores: [{ name: 'as_expected', passed: 12 }],
  });
  expect((await run('experiments', 'pin', before.id)).code).toBe(0);
  const after = await tryOne('after', bad);
  expect(after).toMatchObject({ results: 12, errors: 1 });
  const compared = await run('experiments', 'compare', after.id, '--fail-on-worse');
  expect(compared.code).toBe(1);
  expect(compared.stdout).toContain('Baseline: before');
  expect(compared.stderr).toContain('Surely worse: after: as_expected');
  expect((await run('experiments', 'compare', before.id, '--fail-on-worse')).code).toBe(0);
  // Every item is a trace.
  const traces = async () =>
    (await run('traces', `attr.sightline.experiment.id:${after.id}`, '--json')).stdout;
  await expect.poll(traces, { timeout: 60_000 }).toContain('invoke_workflow after');
});

/** Requests of a judge that OpenAI's chat completions accept; it refuses all others. */
const judgeRequest = z.strictObject({
  model: z.literal('gpt-4o-mini'),
  stream: z.literal(false).optional(),
  temperature: z.number().optional(),
  max_tokens: z.number().int().optional(),
  max_completion_tokens: z.number().int().optional(),
  response_format: z.looseObject({ type: z.string() }).optional(),
  messages: z
    .array(z.strictObject({ role: z.enum(['system', 'user']), content: z.string().min(1) }))
    .min(1)
    .max(2),
});

test('experiments: a judge of the project and code of the user score what a program answers', async () => {
  const refused: string[] = [];
  const judge = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      const read = judgeRequest.safeParse(JSON.parse(text));
      const isKnown = request.headers.authorization === 'Bearer sk-judge';
      if (!read.success || !isKnown || request.url !== '/v1/chat/completions') {
        refused.push(read.error?.message ?? request.url ?? '');
        response.writeHead(isKnown ? 400 : 401, { 'content-type': 'application/json' });
        return void response.end('{"error":{"message":"no"}}');
      }
      // It sees the input, what is expected and the answer, and likes the answer that is expected.
      const shown = read.data.messages.map(({ content }) => content).join('\n');
      const isRight = /The answer that is expected:\s+(\d+)[^]*\b\1\b/.test(shown);
      const verdict = { score: isRight ? 1 : 0, label: isRight ? 'right' : 'wrong', reason: 'Compared.' };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          model: 'gpt-4o-mini',
          choices: [
            {
              index: 0,
              finish_reason: 'stop',
              message: { role: 'assistant', content: JSON.stringify(verdict) },
            },
          ],
          usage: { prompt_tokens: 200, completion_tokens: 20, total_tokens: 220 },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => judge.listen(0, '127.0.0.1', resolve));
  const { port } = judge.address() as AddressInfo;
  const made = await fetch(`${server.url}/api/v1/evaluators`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'doubling',
      settings: {
        type: 'judge',
        protocol: 'openai',
        url: `http://127.0.0.1:${port}/v1`,
        model: 'gpt-4o-mini',
        keyVariable: 'JUDGE_API_KEY',
        criterion: 'Is the number doubled? The best answer is the one that is expected.',
        include: ['question', 'answer'],
      },
    }),
  });
  expect(made.status, await made.text()).toBe(200);
  const items = Array.from(
    { length: 6 },
    (_, nr) => `{"input": "${nr + 10}", "expected": "${(nr + 10) * 2}"}`,
  );
  await run('datasets', 'import', 'judged', await file('judged.jsonl', items.join('\n')));
  // Wrong where the number is 13.
  const answer = await file(
    'doubles.mjs',
    "let t='';for await(const c of process.stdin)t+=c;console.log(t==='13'?'99':String(t*2))",
  );
  const even = await file(
    'even.mjs',
    "let t='';for await(const c of process.stdin)t+=c;const {input,output}=JSON.parse(t);if(input==='15')throw new Error('odd one');console.log(input==='14'?'{\"value\":0.5,\"label\":\"half\"}':output%2===0)",
  );
  const words = ['--evaluator', 'doubling', '--score', `even='${process.execPath}' '${even}'`, '--json'];
  const ended = await run('experiments', 'run', 'judged', ...words, '--', process.execPath, answer);
  const summary = experimentSummary.parse(JSON.parse(ended.stdout));
  expect([summary.state, refused], ended.stderr).toEqual(['done', []]);
  expect(summary.scores.map(({ name, count }) => [name, count])).toEqual([
    ['doubling', 6],
    ['even', 6],
  ]);
  expect(summary.scores[0]?.average).toBeCloseTo(5 / 6);
  const { items: shown } = comparisonResponse.parse(
    await (await fetch(`${server.url}/api/v1/experiments/compare?ids=${summary.id}&limit=20`)).json(),
  );
  const scoresOf = (input: string) => shown.find((each) => each.input === input)?.results[0]?.scores;
  expect(scoresOf('13')).toMatchObject({
    doubling: { value: 0, label: 'wrong', comment: expect.stringContaining('Compared.') },
    even: { value: 0, label: 'fail' },
  });
  expect(scoresOf('14')?.['even']).toMatchObject({ value: 0.5, label: 'half' });
  expect(scoresOf('15')?.['even']).toMatchObject({
    value: null,
    comment: expect.stringContaining('odd one'),
  });
  const bad = await run(
    'experiments',
    'run',
    'judged',
    '--score',
    'no command',
    '--',
    process.execPath,
    answer,
  );
  expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining('name=command') });
  judge.closeAllConnections();
  judge.close();
}, 90_000);

test('experiments: after Ctrl-C one is stopped, and goes on without running an item twice', async () => {
  const items = Array.from({ length: 30 }, (_, nr) => JSON.stringify({ id: `i${nr}`, input: `${nr}` }));
  await run('datasets', 'import', 'slow', await file('slow.jsonl', items.join('\n')));
  const ran = join(folder, 'ran.txt');
  // Every item but the first ten waits until the file is there that says go.
  const program = await file(
    'slow.mjs',
    `import { appendFileSync, existsSync } from 'node:fs';
     let t = ''; for await (const c of process.stdin) t += c;
     while (Number(t) >= 10 && !existsSync(${JSON.stringify(join(folder, 'go'))})) await new Promise((r) => setTimeout(r, 50));
     appendFileSync(${JSON.stringify(ran)}, process.env.SIGHTLINE_DATASET_ITEM + '\\n');
     console.log(t);`,
  );
  const words = ['experiments', 'run', 'slow', '--name', 'slow', '--evaluator', ''];
  const begun = startSightline([...words, '--', process.execPath, program], { url: server.url });
  const list = async () => (await run('experiments', 'list', 'slow')).stdout;
  await expect.poll(list, { timeout: 60_000, interval: 500 }).toContain('10 of 30 results');
  begun.interrupt();
  const ended = await begun.ended;
  expect(ended.code).toBe(130);
  const [, id = ''] = /--resume (\S+) --/.exec(ended.stderr) ?? [];
  expect(await list()).toContain('stopped  10 of 30 results');
  await writeFile(join(folder, 'go'), '');
  const resume = async (dataset: string) =>
    run('experiments', 'run', dataset, '--resume', id, '--json', '--', process.execPath, program);
  expect(await resume('few')).toMatchObject({ code: 2, stderr: expect.stringContaining('the dataset slow') });
  const summary = experimentSummary.parse(JSON.parse((await resume('slow')).stdout));
  expect(summary).toMatchObject({ id, state: 'done', results: 30, errors: 0, reason: null });
  const all = (await readFile(ran, 'utf8')).trim().split('\n');
  expect(all.toSorted()).toEqual(Array.from({ length: 30 }, (_, nr) => `i${nr}`).toSorted());
  expect(await resume('slow')).toMatchObject({ code: 2, stderr: expect.stringContaining('is done') });
});

const alertsFile = (silenceEnds: string): string => `
rules:
  - name: Till fails
    query: count where service:till status:error over 5m > 10
routes:
  - name: on call
    matchers: severity:critical
    channels: [pager]
  - name: the rest
    channels: [log]
silences:
  - matchers: service:till
    endsAt: ${silenceEnds}
    comment: the till is replaced
`;

test('routes and silences: a file is compared, applied once, and comes out again', async () => {
  const alerts = await file('alerts.yml', alertsFile('2099-01-01T00:00:00Z'));
  expect(await run('routes', 'check', alerts)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`on call: There is no channel "pager".\nChannels are log.`),
  });
  const made = await fetch(`${server.url}/api/v1/channels`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'pager', settings: { type: 'log' } }),
  });
  const { id } = (await made.json()) as { id: string };
  expect(await run('routes', 'check', alerts)).toMatchObject({
    code: 0,
    stdout: `${alerts}: 2 routes are right.\n`,
  });
  // Only routes: the rule of the file is not made.
  expect(await run('routes', 'diff', alerts)).toMatchObject({
    code: 1,
    stdout: '+ on call\n+ the rest\n- everything\n',
  });
  expect((await run('routes', 'apply', alerts)).stdout).toBe(
    `+ on call\n+ the rest\n- everything\n${alerts}: 3 applied.\n`,
  );
  expect(await run('routes', 'diff', alerts)).toMatchObject({
    code: 0,
    stdout: `${alerts}: nothing changes.\n`,
  });
  const { routes } = (await (await fetch(`${server.url}/api/v1/alerts/routes`)).json()) as {
    routes: { name: string; channels: string[] }[];
  };
  expect(routes.map(({ name, channels }) => [name, ...channels])).toEqual([
    ['on call', id],
    ['the rest', 'log'],
  ]);
  const { stdout: exported } = await run('routes', 'export');
  expect(exported).toContain('- pager');
  const turned = await file(
    'turned.yml',
    'routes:\n  - name: the rest\n    channels: [log]\n  - name: on call\n    channels: [pager]\n    matchers: severity:critical\n',
  );
  expect((await run('routes', 'diff', turned)).stdout).toBe('~ the rest: place\n~ on call: place\n');

  expect((await run('silences', 'diff', alerts)).stdout).toBe('+ service:till\n');
  expect((await run('silences', 'apply', alerts)).stdout).toContain('1 applied.');
  expect((await run('silences', 'apply', alerts)).stdout).toContain('nothing changes.');
  const other = await file('other.yml', 'silences: []\n');
  expect((await run('silences', 'diff', other)).code).toBe(0);
  const out = await file('out.yml', (await run('silences', 'export')).stdout);
  expect((await run('silences', 'diff', '--prune', out)).code).toBe(0);
  expect((await run('silences', 'apply', '--prune', other)).stdout).toContain('- service:till');
  expect((await run('silences', 'export')).stdout).toBe('silences: []\n');

  // The whole file with `rules`, after which it is as the file says.
  expect((await run('rules', 'apply', alerts)).stdout).toBe(
    `+ Till fails\n+ silences: service:till\n${alerts}: 2 applied.\n`,
  );
  expect((await run('rules', 'diff', alerts)).code).toBe(0);
});

test('files of alerts: what is wrong is said, and nothing is applied', async () => {
  const relative = await file('relative.yml', alertsFile('+2h'));
  const before = (await run('silences', 'export')).stdout;
  expect(await run('silences', 'apply', relative)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('A silence of a file ends at a time, not "+2h".'),
  });
  expect((await run('silences', 'export')).stdout).toBe(before);
  const none = await file('none.yml', 'rules: []\n');
  expect(await run('routes', 'apply', none)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('It has no routes.'),
  });
  const unreadable = await file(
    'unreadable.yml',
    'routes:\n  - name: a\n    channels: [log]\n    matchers: "service:"\n',
  );
  expect((await run('routes', 'check', unreadable)).stderr).toMatch(/a: .*\n.*\^/s);
  expect((await run('routes', 'apply')).stderr).toContain('routes apply needs a file.');
});
