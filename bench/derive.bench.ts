/**
 * What deriving the normal fields adds to ingest: CPU time of the process that receives, journals, loads and merges spans, with the derived fields and
 * without them. One in ten spans is a call of a model, six in ten are steps of an agent, and what such spans become (rows of ai_spans, prices) is part of deriving.
 *
 *     npm run bench -- derive
 */
import { Agent, request as httpRequest } from 'node:http';
import { cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '@sightline/base';
import { type IngestProcess, type Kind, startIngestProcess } from './ingest-process.ts';
import { generateRequests } from './scale-data.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '12' }, spans: { type: 'string', default: '60000' } },
});
const rounds = Number(values.rounds);
const spansPerRound = Number(values.spans);
const senders = 4;
const clock = systemClock();
const agent = new Agent({ keepAlive: true });

async function post(url: string, body: Uint8Array): Promise<void> {
  for (;;) {
    const { status, retryAfterS } = await new Promise<{ status: number; retryAfterS: number }>(
      (resolve, reject) => {
        const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
        const outgoing = httpRequest(url, { method: 'POST', agent, headers }, (response) => {
          response.resume();
          response.once('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              retryAfterS: Number(response.headers['retry-after'] ?? 0),
            }),
          );
        });
        outgoing.once('error', reject);
        outgoing.end(body);
      },
    );
    if (status === 200) return;
    if (retryAfterS === 0) throw new Error(`Unexpected status ${status}.`);
    await delay(retryAfterS * 1000);
  }
}

/** CPU microseconds a span. */
async function cpuOf(ingest: IngestProcess, seed: number): Promise<number> {
  const to = clock.now();
  const fromUnixNano = to - 60_000_000_000n;
  const requests = [
    ...generateRequests({ seed, project: 'default', fromUnixNano, toUnixNano: to, spanCount: spansPerRound }),
  ];
  const cpuS = await ingest.rest();
  const left = requests.map(({ bytes }) => bytes);
  const sender = async (): Promise<void> => {
    for (let body = left.pop(); body !== undefined; body = left.pop()) await post(ingest.tracesUrl, body);
  };
  await Promise.all(Array.from({ length: senders }, sender));
  return ((await ingest.rest()) - cpuS) / (requests.reduce((sum, { spans }) => sum + spans, 0) / 1e6);
}

const kinds = ['plain', 'fields', 'whole'] as const;
const processes: Readonly<Record<Kind, IngestProcess>> = {
  plain: await startIngestProcess('plain'),
  fields: await startIngestProcess('fields'),
  whole: await startIngestProcess('whole'),
};
const times: Record<Kind, number[]> = { plain: [], fields: [], whole: [] };
for (let round = 0; round <= rounds; round += 1)
  // In turn, since a machine is not as fast from one minute to the next.
  for (const kind of [...kinds.slice(round % 3), ...kinds.slice(0, round % 3)]) {
    const time = await cpuOf(processes[kind], round);
    // The first round warms up.
    if (round > 0) times[kind].push(time);
  }
await Promise.all(Object.values(processes).map(async (each) => each.stop()));
agent.destroy();

const middle = (list: readonly number[], part: number): number =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length * part)] ?? NaN;
console.log(
  `${cpus().length} × ${cpus()[0]?.model ?? ''}, load ${(loadavg()[0] ?? 0).toFixed(1)}; ${rounds} rounds of ${spansPerRound} spans each in turn, ${senders} senders of protobuf\n`,
);
console.log(
  '| CPU µs a span, from the socket to merged tables | best quarter below | median |\n| --- | ---: | ---: |',
);
const row = (name: string, kind: Kind): void => {
  const more = (part: number): string =>
    kind === 'plain'
      ? ''
      : ` (+${(100 * (middle(times[kind], part) / middle(times.plain, part) - 1)).toFixed(0)} %)`;
  const cell = (part: number): string => `${middle(times[kind], part).toFixed(1)}${more(part)}`;
  console.log(`| ${name} | ${cell(0.25)} | ${cell(0.5)} |`);
};
row('as they came', 'plain');
row('with their normal fields', 'fields');
row('with the steps of agents in a table of their own, and their prices', 'whole');
