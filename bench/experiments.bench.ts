/** A dataset and two experiments of 10,000 items: how long importing, judging and opening the comparison take, over the sockets of a server. `node bench/experiments.bench.ts`. */
import { LiveServer } from '../packages/server/src/testing/live-server.ts';

const items = 10_000;
const server = await LiveServer.start();
const rows: [string, number][] = [];

async function post<T>(path: string, body: unknown): Promise<T> {
  const answer = await server.ask(path, 'POST', body);
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body).slice(0, 500));
  return answer.body as T;
}

async function measured<T>(what: string, work: () => Promise<T>): Promise<T> {
  const beganMs = performance.now();
  const result = await work();
  rows.push([what, performance.now() - beganMs]);
  return result;
}

async function inPieces(size: number, send: (numbers: readonly number[]) => Promise<void>): Promise<void> {
  for (let at = 0; at < items; at += size) await send(Array.from({ length: size }, (_, nr) => at + nr));
}

async function tryTarget(name: string, isWrong: (nr: number) => boolean): Promise<string> {
  const { id } = await post<{ id: string }>('/experiments', {
    name,
    dataset: 'numbers',
    target: { kind: 'program' },
    evaluators: [
      { name: 'right', settings: { type: 'expected' } },
      { name: 'fast', settings: { type: 'latency', maxMs: 100 } },
      { name: 'willing', settings: { type: 'refusal' } },
    ],
  });
  await measured(`judge and keep ${items} results, ${name}`, async () =>
    inPieces(100, async (numbers) => {
      const results = numbers.map((nr) => ({
        itemId: `n${nr}`,
        output: isWrong(nr) ? 'wrong' : `answer ${nr}`,
        durationMs: 10 + ((nr * 7919) % 200),
        costUsd: ((nr * 104_729) % 1000) / 100_000,
      }));
      await post(`/experiments/${id}/results`, { results });
    }),
  );
  await post(`/experiments/${id}/finish`, { state: 'done' });
  return id;
}

try {
  await post('/datasets', { name: 'numbers' });
  await measured(`import ${items} items`, async () => {
    let intoVersion: number | undefined;
    await inPieces(500, async (numbers) => {
      const made = numbers.map((nr) => ({
        id: `n${nr}`,
        input: { question: `number ${nr} `.repeat(20) },
        expected: `answer ${nr}`,
      }));
      const { version } = await post<{ version: number }>('/datasets/numbers/items', {
        items: made,
        ...(intoVersion === undefined ? {} : { intoVersion }),
      });
      intoVersion = version;
    });
  });
  await measured('a page of 100 items', async () => server.read('/datasets/numbers/items?limit=100'));
  await measured('text in the items', async () =>
    server.read('/datasets/numbers/items?limit=100&search=number%209999'),
  );
  const ids = [
    await tryTarget('before', (nr) => nr % 7 === 0),
    await tryTarget('after', (nr) => nr % 6 === 0),
  ].join(',');
  await measured('the list of experiments', async () => server.read('/experiments?dataset=numbers'));
  for (const time of ['first', 'again'])
    await measured(`the comparison of two experiments, ${time}`, async () =>
      server.read(`/experiments/compare?ids=${ids}&limit=50`),
    );
  console.log(
    `| what | ms |\n| --- | ---: |\n${rows.map(([what, ms]) => `| ${what} | ${Math.round(ms)} |`).join('\n')}`,
  );
} finally {
  await server.close();
}
