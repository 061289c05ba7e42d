/**
 * What deriving the normal fields adds to ingest: CPU time of the process that receives, journals, loads and merges spans, with the derived fields and
 * without them. One in ten spans is a call of a model, six in ten are steps of an agent, and what such spans become (rows of ai_spans, prices) is part of deriving.
 *
 *     npm run bench -- derive
 */
import { cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '@sightline/base';
import { type IngestProcess, type Kind, startIngestProcess } from './ingest-process.ts';
import { closeConnections, post } from './post.ts';
import { generateRequests } from './scale-data.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '12' }, spans: { type: 'string', default: '60000' } },
});
const rounds = Number(values.rounds);
const spansPerRound = Number(values.spans);
const senders = 4;
const clock = systemClock();

/** Waits as long as it is told to where it is refused. */
async function send(url: string, body: Buffer): Promise<void> {
  for (;;) {
    const { status, retryAfterS } = await post(url, 'application/x-protobuf', body);
    if (status === 200) return;
    if (retryAfterS === 0) throw new Error(`Unexpected status ${status}.`);
    await delay(retryAfterS * 1000);
  }
}

const kinds = ['plain', 'fields', 'whole'] as const;
const processes: Readonly<Record<Kind, IngestProcess>> = {
  plain: await startIngestProcess('plain'),
  fields: await startIngestProcess('fields'),
  whole: await startIngestProcess('whole'),
};

const cpuOfEach = async (): Promise<Readonly<Record<Kind, number>>> => {
  const [plain, fields, whole] = await Promise.all([
    processes.plain.rest(),
    processes.fields.rest(),
    processes.whole.rest(),
  ]);
  return { plain, fields, whole };
};

/** CPU microseconds a span. All get the same at the same time, since a machine is not as fast from one second to the next. */
async function round(seed: number): Promise<Readonly<Record<Kind, number>>> {
  const to = clock.now();
  const fromUnixNano = to - 60_000_000_000n;
  const requests = [
    ...generateRequests({ seed, project: 'default', fromUnixNano, toUnixNano: to, spanCount: spansPerRound }),
  ];
  const spans = requests.reduce((sum, each) => sum + each.spans, 0);
  const before = await cpuOfEach();
  const left = requests.map(({ bytes }) => bytes);
  const sender = async (): Promise<void> => {
    for (let body = left.pop(); body !== undefined; body = left.pop()) {
      const next = body;
      await Promise.all(kinds.map(async (kind) => send(processes[kind].tracesUrl, next)));
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
  const after = await cpuOfEach();
  const cpu = (kind: Kind): number => ((after[kind] - before[kind]) * 1e6) / spans;
  return { plain: cpu('plain'), fields: cpu('fields'), whole: cpu('whole') };
}

// The first warms up.
await round(0);
const times: Readonly<Record<Kind, number>>[] = [];
for (let serial = 1; serial <= rounds; serial += 1) times.push(await round(serial));
await Promise.all(Object.values(processes).map(async (each) => each.stop()));
closeConnections();

const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;
console.log(
  `${cpus().length} × ${cpus()[0]?.model ?? ''}, load ${(loadavg()[0] ?? 0).toFixed(1)}; ${rounds} rounds of ${spansPerRound} spans to each, ${senders} senders of protobuf\n`,
);
console.log(
  '| from the socket to merged tables | CPU µs a span | more, of all rounds | median of the rounds |',
);
console.log('| --- | ---: | ---: | ---: |');
const row = (name: string, kind: Kind): void => {
  const sum = (of: Kind): number => times.reduce((all, each) => all + each[of], 0);
  const percent = (ratio: number): string => `+${(100 * (ratio - 1)).toFixed(1)} %`;
  const more =
    kind === 'plain'
      ? ['', '']
      : [percent(sum(kind) / sum('plain')), percent(median(times.map((each) => each[kind] / each.plain)))];
  console.log(`| ${[name, (sum(kind) / rounds).toFixed(1), ...more].join(' | ')} |`);
};
row('as they came', 'plain');
row('with their normal fields', 'fields');
row('with the steps of agents in a table of their own, and their prices', 'whole');
