/**
 * What a conversation takes on disk against its naive size, which is all text of all prompts and answers: 200 turns of 1 KB messages, each call with all
 * turns before it; as calls of one trace, as a trace for each turn, and in the bodies of log records of four conversations at once, without a trace.
 * Through the door and the load path, merged.
 *
 *     npm run bench -- conversation
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@sightline/base';
import { openEmbedded } from '../packages/server/src/storage/clickhouse/embedded-engine.ts';
import { ownRows } from '../packages/server/src/storage/clickhouse/own-rows.ts';
import { databaseName, openStore } from '../packages/server/src/storage/open-store.ts';
import { randomFrom } from './scale-data.ts';
import { recordOf, SegmentLoader } from '../packages/server/src/storage/testing/segments.ts';

const turns = 200;
const messageBytes = 1000;
const turnsPerLoad = 10;
const secondsPerTurn = 20;
const clock = systemClock();

/** Words by falling frequency, the same every time. */
function makeText(): () => string {
  const random = randomFrom(7);
  const words = Array.from({ length: 5000 }, (_, index) =>
    ((index * 2_654_435_761) % 4_294_967_296).toString(36).slice(0, 3 + (index % 6)),
  );
  return () => {
    let text = '';
    while (text.length < messageBytes)
      text += `${words[Math.floor(random() * random() * words.length)] ?? ''} `;
    return text.slice(0, messageBytes);
  };
}

interface Turn {
  readonly input: string;
  readonly output: string;
}

function makeTurns(text: () => string): readonly Turn[] {
  const said = (role: string) => ({ role, parts: [{ type: 'text', content: text() }] });
  const history: object[] = [];
  return Array.from({ length: turns }, () => {
    history.push(said('user'));
    const input = JSON.stringify(history);
    const answer = said('assistant');
    history.push(answer);
    return { input, output: JSON.stringify([{ ...answer, finish_reason: 'stop' }]) };
  });
}

type Numbered = readonly (readonly [number, Turn])[];

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
const resource = { attributes: [text('service.name', 'bot')] };

const startOf = (turn: number): bigint =>
  clock.now() - 6n * 3_600_000_000_000n + BigInt(turn * secondsPerTurn) * 1_000_000_000n;

function spansOf(some: Numbered, ownTraces: boolean): Uint8Array {
  const spans = some.map(([turn, { input, output }]) => {
    const start = startOf(turn);
    return {
      traceId: (ownTraces ? turn + 1 : 1).toString(16).padStart(32, '0'),
      spanId: (turn + 1).toString(16).padStart(16, '0'),
      name: 'chat gpt-4o',
      kind: 3,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + 1_000_000_000n),
      attributes: [
        text('gen_ai.operation.name', 'chat'),
        text('gen_ai.request.model', 'gpt-4o'),
        text('gen_ai.conversation.id', 'conversation'),
        text('gen_ai.input.messages', input),
        text('gen_ai.output.messages', output),
      ],
    };
  });
  const json = { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] };
  return recordOf('traces', json, { received: clock.now(), newest: clock.now() });
}

function logsOf(some: Numbered): Uint8Array {
  const logRecords = some.map(([turn, { input, output }]) => ({
    timeUnixNano: String(startOf(turn)),
    eventName: 'gen_ai.client.inference.operation.details',
    body: anyValueOf({ input: JSON.parse(input) as unknown, output: JSON.parse(output) as unknown }),
    attributes: [text('gen_ai.operation.name', 'chat')],
  }));
  const json = { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] };
  return recordOf('logs', json, { received: clock.now(), newest: clock.now() });
}

function anyValueOf(value: unknown): object {
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValueOf) } };
  if (typeof value !== 'object' || value === null) return { stringValue: String(value) };
  const values = Object.entries(value).map(([key, each]) => ({ key, value: anyValueOf(each) }));
  return { kvlistValue: { values } };
}

interface Shape {
  readonly name: string;
  readonly signal: 'traces' | 'logs';
  /** At once: turn by turn. */
  readonly conversations: number;
  readonly encode: (some: Numbered) => Uint8Array;
}

const shapes: readonly Shape[] = [
  { name: 'calls of one trace', signal: 'traces', conversations: 1, encode: (some) => spansOf(some, false) },
  {
    name: 'a trace for each turn',
    signal: 'traces',
    conversations: 1,
    encode: (some) => spansOf(some, true),
  },
  { name: 'bodies of log records, four at once', signal: 'logs', conversations: 4, encode: logsOf },
];

async function measure({ name, signal, conversations, encode }: Shape): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-conversation-'));
  try {
    const store = await openStore({ kind: 'embedded', directory: join(directory, 'store') }, clock);
    const segments = new SegmentLoader(store, join(directory, 'segments'));
    const say = makeText();
    const all = Array.from({ length: conversations }, () => [...makeTurns(say).entries()])
      .flat()
      .toSorted(([a], [b]) => a - b);
    for (let at = 0; at < all.length; at += turnsPerLoad)
      await segments.load(signal, [encode(all.slice(at, at + turnsPerLoad))]);
    await store.close();
    const naive = all.reduce((sum, [, { input, output }]) => sum + input.length + output.length, 0);
    const stored = await mergedBytes(join(directory, 'store'));
    return `| ${name} | ${(naive / 1e6).toFixed(1)} MB | ${(stored / 1e3).toFixed(0)} kB | ${((100 * stored) / naive).toFixed(2)} % | 10 % |`;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** All tables with rows of them, indexes included. */
async function mergedBytes(directory: string): Promise<number> {
  const engine = openEmbedded({ directory, database: databaseName, writers: 1, readers: 1 });
  const parts = `FROM system.parts WHERE active AND database = '${databaseName}'`;
  for (const { name } of await ownRows<{ name: string }>(engine, `SELECT DISTINCT table AS name ${parts}`))
    await engine.command(`OPTIMIZE TABLE ${name} FINAL`);
  const [row] = await ownRows<{ bytes: string }>(
    engine,
    `SELECT sum(bytes_on_disk) AS bytes ${parts} AND table NOT IN ('model_prices', 'schema_migrations', 'ledger')`,
  );
  await engine.close();
  return Number(row?.bytes);
}

console.log('| 200 turns of 1 KB messages | naive | stored | part | bound |');
console.log('| --- | ---: | ---: | ---: | ---: |');
for (const shape of shapes) console.log(await measure(shape));
