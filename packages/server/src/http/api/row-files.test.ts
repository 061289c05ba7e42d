/** All rows of a list as a file, over the wire from a real server, read by a reader that is not ours. */
import { spawnSync } from 'node:child_process';
import { unixNano } from '@sightline/base';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hexId, logsRequest, tracesRequest } from '../../query/testing/otlp-json.ts';
import { LiveServer } from '../../testing/live-server.ts';

type Row = Readonly<Record<string, unknown>>;
type Page = Readonly<Record<string, readonly Row[]>> & { readonly nextCursor: string | null };

const runs = 1300;
const hostile = '=HYPERLINK("http://evil.example","x"), "two\nlines" | <b>[a](b)';
let server: LiveServer;
let range: string;

beforeAll(async () => {
  server = await LiveServer.start();
  const end = BigInt(Date.now()) * 1_000_000n;
  range = `from=${new Date(Date.now() - 3_600_000).toISOString()}&to=${new Date().toISOString()}`;
  const spans = Array.from({ length: runs }, (_, index) => ({
    traceId: hexId(32, index + 1),
    spanId: hexId(16, index + 1),
    name: index === 7 ? hostile : `answer ${index} ${'x'.repeat(400)}`,
    startNanos: unixNano(end - 60_000_000_000n - BigInt(index) * 1_000_000n),
    durationNanos: 1_500_000n,
    ...(index === 9 ? { status: { code: 2, message: 'no' } } : {}),
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.input_tokens': 10 + index,
      'gen_ai.usage.output_tokens': 5,
      'gen_ai.conversation.id': `session-${index % 40}`,
      // A number in text is no formula, and stays as it is.
      'user.id': index === 7 ? '+1+cmd|calc' : `-${(index % 30) + 1}`,
    },
  }));
  await server.send('traces', tracesRequest('api', spans));
  const lines = Array.from({ length: 1100 }, (_, index) => ({
    timeNanos: end - 60_000_000_000n - BigInt(index),
    body: index === 3 ? '@SUM(A1)' : `line ${index}`,
    attributes: { place: index },
  }));
  await server.send('logs', logsRequest('api', lines));
  await server.stored();
  const scored = Array.from({ length: 1200 }, (_, index) => ({
    traceId: hexId(32, index + 1),
    name: 'grade',
    value: index % 5,
    time: '-5m',
    comment: index === 5 ? '=1+1' : null,
  }));
  for (const scores of [scored.slice(0, 400), scored.slice(400, 800), scored.slice(800)])
    expect((await server.ask('/scores', 'POST', { scores })).status).toBe(200);
  const slo = { name: '=SUM(A1:A9)', objective: 0.9, indicator: { kind: 'availability', of: 'runs' } };
  expect((await server.ask('/slos', 'POST', slo)).status).toBe(200);
}, 90_000);
afterAll(async () => server.close());

async function file(path: string): Promise<{ readonly headers: Headers; readonly text: string }> {
  const response = await fetch(`${server.ui}/api/v1/export/${path}`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path} answers with ${response.status}: ${text}`);
  return { headers: response.headers, text };
}

async function listed(list: string, parameters: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let cursor = ''; ;) {
    const page = await server.read<Page>(`/${list}?${parameters}&limit=300&cursor=${cursor}`);
    rows.push(...(page[list] ?? []));
    if (page.nextCursor === null) return rows;
    cursor = encodeURIComponent(page.nextCursor);
  }
}

/** A cell as the value that the list has, by the kind of that value. */
function valueOf(cell: string, value: unknown): unknown {
  if (value === null) return cell === '' ? null : cell;
  return typeof value === 'string' ? cell.replace(/^'(?=[=@+])/, '') : (JSON.parse(cell) as unknown);
}

test.each([
  ['runs', 'sort=-inputTokens&q=operation:llm', runs],
  ['traces', 'minDurationMs=1', runs],
  ['sessions', 'sort=-runs', 40],
  ['users', 'sort=-inputTokens', 31],
  ['logs', 'order=asc&q=line', 1099],
  ['spans', 'q=operation:llm', runs],
  ['models', '', 1],
  ['scores', 'name=grade', 1200],
])('%s with %s as a file are the rows of the list', async (list, asked, expected) => {
  const parameters = `${range}&${asked}`;
  const rows = await listed(list, parameters);
  expect(rows).toHaveLength(expected);

  const { text, headers } = await file(`${list}?${parameters}`);
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(headers.get('content-disposition')).toBe(`attachment; filename="${list}.csv"`);
  const parsed = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true });
  expect(parsed.errors).toEqual([]);
  const read = parsed.data.map((cells, index) =>
    Object.fromEntries(
      Object.entries(cells).map(([name, cell]) => [name, valueOf(cell, rows[index]?.[name])]),
    ),
  );
  expect(read).toEqual(rows);

  const lines = (await file(`${list}?${parameters}&format=jsonl`)).text.split('\n').slice(0, -1);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(rows);
});

test.each([
  ['slos', 'slos', 'slos', 1],
  ['checks', 'checks', 'checks', 0],
  ['prompts', 'prompts', 'prompts', 0],
  ['datasets', 'datasets', 'datasets', 0],
  ['experiments', 'experiments', 'experiments', 0],
  ['errors', 'errors?{range}&status=all', 'errors', 1],
  ['metrics', 'metrics?{range}', 'metrics', 0],
  ['alert-history', 'alerts/history?{range}', 'events', 0],
  ['mcp-servers', 'mcp?{range}', 'servers', 0],
])('%s, which are answered at once, are a file as well', async (name, list, rowsIn, expected) => {
  const path = list.replace('{range}', range);
  const listedRows = (await server.read<Page>(`/${path}`))[rowsIn] ?? [];
  const [, asked = ''] = path.split('?');
  const { text } = await file(`${name}?${asked}${asked === '' ? '' : '&'}format=jsonl`);
  const read = text.split('\n').slice(0, -1);
  expect(read.length).toBeGreaterThanOrEqual(expected);
  // SLOs are counted anew by the minute.
  const still = (rows: readonly Row[]) => rows.map(({ state: _state, ...row }) => row);
  expect(still(read.map((line) => JSON.parse(line) as Row))).toEqual(still(listedRows));
  expect((await file(`${name}?${asked}`)).text).toMatch(/^\w+,\w+,/);
});

test('stages as a file are all there are, not only those that the list answers with', async () => {
  const shown = await server.read<Page>(`/stages?${range}&limit=200`);
  expect(shown['stages']).toHaveLength(200);
  const lines = (await file(`stages?${range}&format=jsonl`)).text.trimEnd().split('\n');
  expect(lines).toHaveLength(runs);
  expect(lines.slice(0, 200).map((line) => JSON.parse(line) as unknown)).toEqual(shown['stages']);
});

describe('compared experiments as a file', () => {
  const ids: string[] = [];
  beforeAll(async () => {
    await server.ask('/datasets', 'POST', { name: 'sums' });
    const items = Array.from({ length: 300 }, (_, at) => ({ id: `i${at}`, input: at === 4 ? hostile : at }));
    expect((await server.ask('/datasets/sums/items', 'POST', { items })).status).toBe(200);
    for (const name of ['before', 'after']) {
      const target = { kind: 'program' };
      const begun = await server.ask('/experiments', 'POST', { name, dataset: 'sums', target });
      const { id } = begun.body as { id: string };
      ids.push(id);
      const results = items
        .filter((_, at) => name === 'before' || at !== 7)
        .map(({ id: itemId }, at) => ({ itemId, output: `${name} ${at}`, durationMs: at }));
      for (const some of [results.slice(0, 100), results.slice(100, 200), results.slice(200)])
        expect((await server.ask(`/experiments/${id}/results`, 'POST', { results: some })).status).toBe(200);
    }
  });

  test('have a row for each item and experiment, all of them', async () => {
    const { text } = await file(`compared-items?ids=${ids.join(',')}`);
    const { data } = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true });
    expect(data).toHaveLength(599);
    const ofItem = (id: string) => data.filter(({ itemId }) => itemId === id);
    expect(ofItem('i7').map(({ experiment, output }) => [experiment, output])).toEqual([
      ['before', 'before 7'],
    ]);
    expect(ofItem('i4').map(({ experimentId, input }) => [experimentId, input])).toEqual(
      ids.map((id) => [id, `'${hostile}`]),
    );
  });

  test('end after so many rows as were asked for, and say so', async () => {
    for (const rows of [1, 3, 20]) {
      const asked = `compared-items?ids=${ids.join(',')}&rows=${rows}&format=jsonl`;
      const lines = (await file(asked)).text.trimEnd().split('\n');
      expect([rows, lines.length]).toEqual([rows, rows + 1]);
      expect(lines.at(-1)).toContain('limitsMet');
    }
  });
});

const hasPython = spawnSync('python3', ['-c', 'import csv']).status === 0;
test.runIf(hasPython)('the reader of Python finds the same rows and cells', async () => {
  const { text } = await file(`runs?${range}`);
  const program = 'import csv,json,sys; print(json.dumps(list(csv.DictReader(sys.stdin, strict=True))))';
  const { stdout, status } = spawnSync('python3', ['-c', program], {
    input: text,
    env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
    encoding: 'utf8',
    maxBuffer: 64_000_000,
  });
  expect(status).toBe(0);
  const rows = JSON.parse(stdout) as readonly Record<string, string>[];
  expect(rows).toHaveLength(runs);
  const ours = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true }).data;
  expect(rows).toEqual(ours);
  expect(rows.find(({ traceId }) => traceId === hexId(32, 8))?.['name']).toBe(`'${hostile}`);
});

describe('what a spreadsheet would run', () => {
  test('is text, and numbers stay numbers', async () => {
    const trace = hexId(32, 8);
    const { text } = await file(`runs?${range}`);
    const { data } = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true });
    const cells = data.flatMap((row) => Object.values(row));
    expect(cells.filter((cell) => /^[=+@]|^-(?!\d+$)/.test(cell))).toEqual([]);
    expect(data.find((row) => row['traceId'] === trace)).toMatchObject({
      name: `'${hostile}`,
      userId: "'+1+cmd|calc",
    });
    expect(data.find((row) => row['traceId'] === hexId(32, 3))).toMatchObject({
      userId: '-3',
      inputTokens: '12',
    });
    expect((await file(`logs?${range}`)).text).toContain(`"'@SUM(A1)"`);
  });

  test('makes no cell, line, link or tag in Markdown', async () => {
    const { text, headers } = await file(`runs?${range}&format=markdown`);
    expect(headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(runs + 2);
    const cells = lines.map((line) => line.split(/(?<!\\)\|/).length);
    expect(new Set(cells).size).toBe(1);
    expect(text).toContain(
      String.raw`=HYPERLINK("http://evil.example","x"), "two<br>lines" \| \<b\>\[a\](b)`,
    );
  });
});

test('a file that ends before its list says so in its last line', async () => {
  const note = 'The file ends after 1001 rows, and the list goes on.';
  const csv = (await file(`runs?${range}&rows=1001`)).text.trimEnd().split('\r\n');
  expect(csv.at(-1)).toBe(`"# Not whole: ${note}"`);
  const jsonl = (await file(`runs?${range}&rows=1001&format=jsonl`)).text.trimEnd().split('\n');
  expect(jsonl).toHaveLength(1002);
  expect(JSON.parse(jsonl.at(-1) ?? '')).toEqual({ limitsMet: [{ limit: 'rows', message: note }] });
  expect((await file(`runs?${range}&rows=1001&format=markdown`)).text).toMatch(/\n\nNot whole: [^\n]*\n$/);
  expect((await file(`runs?${range}&rows=${runs}&format=jsonl`)).text).not.toContain('limitsMet');
});

test('a list without rows is a file with its columns alone', async () => {
  const nothing = `${range}&q=service:nobody`;
  expect((await file(`runs?${nothing}`)).text).toMatch(/^traceId,name,[\w,]+\r\n$/);
  expect((await file(`runs?${nothing}&format=jsonl`)).text).toBe('');
});

test.each([
  ['runs?q=duration>soon', 'bad_filter'],
  ['runs?limit=5', 'bad_request'],
  ['runs?format=xlsx', 'bad_request'],
  ['runs?rows=1000001', 'bad_request'],
  ['nothing', 'not_found'],
])('%s is refused before a file begins', async (path, code) => {
  const { body } = await server.ask(`/export/${path}`);
  expect(body).toMatchObject({ error: { code } });
});

test('readers that stop in the middle, and those that ask for the head, hold no place', async () => {
  for (let times = 0; times < 10; times += 1) {
    const gone = new AbortController();
    const address = `${server.ui}/api/v1/export/runs?${range}&format=jsonl`;
    const response = await fetch(address, { signal: gone.signal });
    const first = await response.body?.getReader().read();
    expect(first?.value?.length).toBeGreaterThan(0);
    gone.abort();
    const head = await fetch(address, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([
      200,
      'application/jsonl; charset=utf-8',
    ]);
  }
  expect((await file(`runs?${range}&format=jsonl`)).text.split('\n')).toHaveLength(runs + 1);
});
