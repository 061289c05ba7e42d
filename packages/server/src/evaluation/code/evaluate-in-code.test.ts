import { evaluatorSettings } from '@sightline/schema/api';
import { describe, expect, it } from 'vitest';
import type { TraceFacts } from '../trace-facts.ts';
import { evaluateInCode } from './evaluate-in-code.ts';
import { findSchemaProblem } from './json-schema.ts';
import { detectLanguage } from './language.ts';

const facts: TraceFacts = {
  traceId: 'a'.repeat(32),
  startNanos: 0n,
  question: 'When was the Eiffel Tower built?',
  answer: 'The Eiffel Tower was finished in 1889. It is 330 metres high.',
  documents: [],
  durationMs: 1500,
  costUsd: 0.02,
  leftOut: {},
};

const run = async (settings: unknown, changed: Partial<TraceFacts> = {}) => {
  const read = evaluatorSettings.parse(settings);
  if (read.type === 'judge') throw new Error('A judge is no code.');
  return evaluateInCode(
    read,
    { ...facts, ...changed },
    { match: async (text, pattern) => new RegExp(pattern).test(text) },
  );
};

describe('evaluators in code', () => {
  it('compare the answer with what was expected', async () => {
    expect(await run({ type: 'exact', expected: ' forty-TWO ' }, { answer: 'Forty-two' })).toMatchObject({
      value: 1,
      label: 'pass',
    });
    expect(
      await run({ type: 'exact', expected: 'Forty-two', ignoreCase: false }, { answer: 'forty-two' }),
    ).toMatchObject({ value: 0, label: 'fail' });
    expect(await run({ type: 'exact', expected: 'x' }, { answer: '' })).toMatchObject({ type: 'skipped' });
    expect(await run({ type: 'regex', pattern: '\\d{4}' })).toMatchObject({ label: 'pass' });
    expect(await run({ type: 'regex', pattern: '\\d{4}', mustMatch: false })).toMatchObject({
      label: 'fail',
    });
  });

  it('read the answer as JSON, also from a fenced block', async () => {
    const schema = {
      type: 'object',
      required: ['city'],
      properties: { city: { type: 'string' }, temp: { type: 'number' } },
    };
    expect(
      await run({ type: 'json_schema', schema }, { answer: '{"city":"Paris","temp":18}' }),
    ).toMatchObject({ label: 'pass' });
    expect(
      await run({ type: 'json_schema', schema }, { answer: 'Here:\n```json\n{"city":"Paris"}\n```\nDone.' }),
    ).toMatchObject({ label: 'pass' });
    expect(await run({ type: 'json_schema', schema }, { answer: '{"city":7}' })).toMatchObject({
      label: 'fail',
      comment: '/city must be string.',
    });
    expect(await run({ type: 'json_schema', schema }, { answer: 'Paris' })).toMatchObject({
      label: 'fail',
      comment: 'The answer is not JSON.',
    });
    expect(findSchemaProblem({ type: 'objekt' })).toMatch(/type/);
  });

  it.each([
    ['draft 7', 'http://json-schema.org/draft-07/schema#'],
    ['2019-09', 'https://json-schema.org/draft/2019-09/schema'],
    ['2020-12', 'https://json-schema.org/draft/2020-12/schema'],
  ])('take a schema of %s', async (_, $schema) => {
    const schema = { $schema, type: 'object', required: ['a'] };
    expect(findSchemaProblem(schema)).toBeUndefined();
    expect(await run({ type: 'json_schema', schema }, { answer: '{"a":1}' })).toMatchObject({
      label: 'pass',
    });
    expect(await run({ type: 'json_schema', schema }, { answer: '{}' })).toMatchObject({ label: 'fail' });
  });

  it.each([
    [{ $ref: '#' }, 'round in a circle'],
    [
      { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' },
      'round in a circle',
    ],
    [{ $ref: 'http://127.0.0.1:1/schema.json' }, 'nothing is fetched'],
    [{ properties: { a: { $ref: 'file:///etc/passwd' } } }, 'nothing is fetched'],
    [{ $schema: 'http://json-schema.org/draft-04/schema#' }, 'none of draft-07, 2019-09, 2020-12'],
    [{ $async: true, type: 'array' }, '$async'],
    [{ properties: { a: { $async: true, type: 'array' } } }, 'async'],
    [{ properties: { a: { pattern: '(' } } }, 'regular expression'],
  ])('refuse the schema %j', async (schema, words) => {
    expect(findSchemaProblem(schema)).toContain(words);
    // One that was stored before fails its run, and nothing else.
    expect(await run({ type: 'json_schema', schema }, { answer: '{"a":{}}' })).toMatchObject({
      type: 'failed',
    });
  });

  it('look for JSON in an answer of blank lines in no more time than in another', async () => {
    const schema = { type: 'object' };
    const answer = `\`\`\`${'\n'.repeat(200_000)}`;
    const before = process.cpuUsage();
    expect(await run({ type: 'json_schema', schema }, { answer })).toMatchObject({ label: 'fail' });
    // An expression with two parts that read the same signs takes ten seconds.
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });

  it('stop a schema whose pattern would run for ever', async () => {
    const schema = { type: 'string', pattern: '^(a+)+$' };
    const started = performance.now();
    const verdict = await run(
      { type: 'json_schema', schema },
      { answer: JSON.stringify(`${'a'.repeat(40)}!`) },
    );
    expect(verdict).toMatchObject({ type: 'failed', reason: expect.stringContaining('longer than 250 ms') });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('do not fail an answer for a language that they cannot tell', async () => {
    expect(await run({ type: 'language', expected: 'ro' })).toMatchObject({
      type: 'failed',
      reason: expect.stringContaining('"ro" cannot be told; known are ar, cs, da, de'),
    });
  });

  it('hold time and cost against a budget, and do not judge an unknown cost', async () => {
    expect(await run({ type: 'latency', maxMs: 1000 })).toMatchObject({ value: 1500, label: 'fail' });
    expect(await run({ type: 'cost', maxUsd: 0.02 })).toMatchObject({ value: 0.02, label: 'pass' });
    expect(await run({ type: 'cost', maxUsd: 1 }, { costUsd: null })).toMatchObject({ type: 'skipped' });
  });

  it('find how much of the answer the documents say', async () => {
    const documents = [
      'Gustave Eiffel built the tower for the fair. The Eiffel Tower was finished in 1889 after two years.',
      'The tower is 330 metres high and stands in Paris.',
    ];
    expect(await run({ type: 'groundedness' }, { documents })).toMatchObject({ value: 1, label: 'grounded' });
    const made = {
      documents,
      answer: 'The Eiffel Tower was finished in 1902. It was painted green by Napoleon himself.',
    };
    expect(await run({ type: 'groundedness' }, made)).toMatchObject({ value: 0, label: 'ungrounded' });
    expect(await run({ type: 'groundedness' })).toMatchObject({ type: 'skipped' });
  });

  it.each([
    ["I'm sorry, but I can't help with that.", 'refused'],
    ['I cannot assist with this request.', 'refused'],
    ['As an AI language model, I do not have access to that.', 'refused'],
    ['Der Zug fährt heute leider nicht, aber morgen wieder.', 'answered'],
    ['Ich kann Ihnen dabei leider nicht helfen.', 'refused'],
    ['Je ne peux pas vous aider avec cela.', 'refused'],
    ['抱歉，我无法回答这个问题。', 'refused'],
    ['The museum cannot be visited on Mondays.', 'answered'],
    ["You can't go wrong with Paris in spring.", 'answered'],
  ])('tell a refusal from an answer: %s', async (answer, label) => {
    expect(await run({ type: 'refusal' }, { answer })).toMatchObject({ label });
  });

  it.each([
    ['It is 18 degrees and sunny in Paris.', 'en'],
    ['Es ist sonnig und die Temperatur beträgt 18 Grad.', 'de'],
    ['Il fait beau et la température est de 18 degrés.', 'fr'],
    ['Hace sol y la temperatura es de 18 grados en París.', 'es'],
    ['Il sole splende e la temperatura è di 18 gradi.', 'it'],
    ['O sol está brilhando e a temperatura não é alta.', 'pt'],
    ['パリは晴れで、気温は18度です。', 'ja'],
    ['巴黎今天天气晴朗，气温十八度。', 'zh'],
    ['В Париже солнечно, температура 18 градусов.', 'ru'],
    ['```\nconst the = and(of, to);\n```', undefined],
    ['42', undefined],
  ])('tell the language of: %s', (text, language) => {
    expect(detectLanguage(text)).toBe(language);
  });
});
