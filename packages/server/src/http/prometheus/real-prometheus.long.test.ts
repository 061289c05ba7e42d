import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiveServer } from '../../testing/live-server.ts';
import { seededRandom } from '@sightline/base';
import { cornerQuestions, wrongOtherwise, wrongQuestions } from './testing/corner-questions.ts';
import { generateQuestions, type Question } from './testing/generated-questions.ts';
import { generateSamples, toOpenMetrics, toOtlp } from './testing/generated-samples.ts';
import { prometheusFolder, RealPrometheus } from './testing/real-prometheus.ts';

const seed = Number(process.env['SIGHTLINE_SEED'] ?? Math.floor(Math.random() * 1e9));
const questionsCount = 500;

interface Answer {
  readonly status: string;
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: { readonly resultType: string; readonly result: unknown };
}
interface Element {
  readonly metric: Record<string, string>;
  readonly value?: [number, string];
  readonly values?: [number, string][];
}

/** Prometheus 2 calls it otherwise. */
const inVersion2 = (query: string): string =>
  query.replaceAll('double_exponential_smoothing', 'holt_winters');

async function ask(base: string, { query, startMs, endMs, stepMs }: Question): Promise<Answer> {
  const [path, times] =
    stepMs === undefined
      ? ['query', { time: String(startMs / 1000) }]
      : [
          'query_range',
          { start: String(startMs / 1000), end: String(endMs / 1000), step: String(stepMs / 1000) },
        ];
  const response = await fetch(`${base}/api/v1/${path}`, {
    method: 'POST',
    body: new URLSearchParams({ query, ...(times as Record<string, string>) }),
  });
  return (await response.json()) as Answer;
}

/** Series by their labels, times by their seconds. */
function valuesOf({ status, data }: Answer): Map<string, number> {
  const values = new Map<string, number>();
  if (status !== 'success' || data === undefined) return values;
  if (data.resultType === 'scalar')
    return new Map([['scalar', Number((data.result as [number, string])[1].replace('Inf', 'Infinity'))]]);
  if (data.resultType === 'string') return new Map([[`string ${(data.result as [number, string])[1]}`, 0]]);
  for (const element of data.result as Element[]) {
    const labels = JSON.stringify(Object.entries(element.metric).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    for (const [time, value] of element.values ?? (element.value === undefined ? [] : [element.value]))
      values.set(
        `${labels} ${time}`,
        value === '+Inf' ? Infinity : value === '-Inf' ? -Infinity : Number(value),
      );
  }
  return values;
}

function isEqual(a: number, b: number | undefined): boolean {
  if (b === undefined) return false;
  if (Object.is(a, b) || a === b) return true;
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
}

/** What differs between two answers, in words; undefined where nothing does. */
function difference(query: string, expected: Answer, got: Answer): string | undefined {
  if (expected.status !== got.status)
    return `${expected.status} (${expected.error}) is ${got.status} (${got.error})`;
  const [a, b] = [valuesOf(expected), valuesOf(got)];
  // Equal values have no order among them.
  const inOrder = [...b.values()];
  if (
    query.startsWith('sort') &&
    expected.data?.resultType === 'vector' &&
    ![...a.values()].every((value, at) => isEqual(value, inOrder[at]))
  )
    return `the order is ${[...b.keys()].join()}`;
  for (const [key, value] of a)
    if (!isEqual(value, b.get(key)))
      return `${key}: ${value} is ${b.get(key)} (${a.size} and ${b.size} values)`;
  for (const key of b.keys()) if (!a.has(key)) return `${key}: ${b.get(key)} should not be there`;
  return undefined;
}

describe.skipIf(prometheusFolder === '')('a real Prometheus with the same samples', () => {
  let server: LiveServer;
  let prometheus: RealPrometheus;

  beforeAll(async () => {
    console.log(`SIGHTLINE_SEED=${seed}`);
    const samples = generateSamples(seededRandom(seed));
    [server, prometheus] = await Promise.all([
      LiveServer.start(),
      RealPrometheus.start(toOpenMetrics(samples)),
    ]);
    await server.send('metrics', toOtlp(samples));
    await server.stored();
  });
  afterAll(async () => Promise.all([server?.close(), prometheus?.close()]));

  it.each([
    [`${questionsCount} questions`, generateQuestions(seed, questionsCount)],
    ['each corner of the language four times', cornerQuestions(seed, 4)],
  ])('answers %s alike', async (_name, questions) => {
    const differences: string[] = [];
    const seen = { errors: 0, empty: 0 };
    for (const question of questions) {
      const [expected, got] = await Promise.all([
        ask(prometheus.url, { ...question, query: inVersion2(question.query) }),
        ask(`${server.ui}/prometheus`, question),
      ]);
      if (expected.status !== 'success') seen.errors += 1;
      else if (valuesOf(expected).size === 0) seen.empty += 1;
      const wrong = difference(question.query, expected, got);
      if (wrong !== undefined) differences.push(`${JSON.stringify(question)}\n    ${wrong}`);
    }
    console.log(`${questions.length} questions: ${JSON.stringify(seen)}, ${differences.length} differ`);
    expect(differences).toEqual([]);
    // Most questions must have an answer, or the comparison says little.
    expect(seen.errors).toBeLessThan(questions.length * 0.1);
    expect(seen.empty).toBeLessThan(questions.length * 0.3);
  });

  it('says of wrong questions what is wrong in the same words', async () => {
    const told = async (query: string): Promise<readonly Answer[]> => {
      const question = { query, startMs: Date.now(), endMs: Date.now(), stepMs: undefined };
      return Promise.all([ask(prometheus.url, question), ask(`${server.ui}/prometheus`, question)]);
    };
    const differences: string[] = [];
    for (const query of wrongQuestions) {
      const [expected, got] = await told(query);
      expect([query, expected?.status]).toEqual([query, 'error']);
      if (expected?.error !== got?.error)
        differences.push(`${query}\n    ${expected?.error}\n    ${got?.error}`);
    }
    expect(differences).toEqual([]);
    for (const query of wrongOtherwise)
      expect([query, ...(await told(query)).map(({ errorType }) => errorType)]).toEqual([
        query,
        'bad_data',
        'bad_data',
      ]);
  });
});
