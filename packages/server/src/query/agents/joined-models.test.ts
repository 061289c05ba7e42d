import { modelsParameters, modelsResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AgentSpans } from '../testing/agent-spans.ts';
import { tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { findModels } from './find-callees.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n);
let count = 0;

/** A call as instrumentations tell it: where it failed, nobody answered. */
function call(provider: string, requested: string, answered?: string) {
  count += 1;
  return spans.span({
    trace: count,
    span: count,
    at: count,
    name: `chat ${requested}`,
    ...(answered === undefined ? { error: 'rate limited' } : {}),
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': requested,
      ...(provider === '' ? {} : { 'gen_ai.provider.name': provider }),
      ...(answered === undefined
        ? {}
        : {
            'gen_ai.response.model': answered,
            'gen_ai.usage.input_tokens': 10,
            'gen_ai.usage.output_tokens': 1,
          }),
    },
  });
}

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  await telemetry.loadJson(
    'traces',
    tracesRequest('api', [
      call('openai', 'gpt-4o', 'gpt-4o-2024-08-06'),
      call('openai', 'gpt-4o', 'gpt-4o-2024-08-06'),
      call('openai', 'gpt-4o', 'gpt-4o-2024-05-13'),
      call('openai', 'gpt-4o'),
      // Without an answer nobody said whose it is.
      call('', 'gpt-4o'),
      call('azure.ai.openai', 'gpt-4o'),
      // A name that answers by itself is a model of its own.
      call('mistral_ai', 'mistral-large', 'mistral-large'),
      call('mistral_ai', 'mistral-large', 'mistral-large-2411'),
      call('mistral_ai', 'mistral-large'),
      call('', 'mistral-large'),
      call('', 'never-answered'),
    ]),
  );
});
afterAll(async () => telemetry.close());

const listed = async (more: object = {}) => {
  const { models } = modelsResponse.parse(
    await findModels(telemetry.context, modelsParameters.parse({ from: '-1h', ...more })),
  );
  return models
    .map(({ provider, model, calls, errors }) => [provider, model, calls, errors])
    .toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
};

test('calls that failed stand with those that were answered, under the name that answers most', async () => {
  expect(await listed()).toEqual([
    [null, 'never-answered', 1, 1],
    ['azure.ai.openai', 'gpt-4o', 1, 1],
    ['mistral_ai', 'mistral-large', 3, 2],
    ['mistral_ai', 'mistral-large-2411', 1, 0],
    ['openai', 'gpt-4o-2024-05-13', 1, 0],
    ['openai', 'gpt-4o-2024-08-06', 4, 2],
  ]);
});

test('both names find the row', async () => {
  const row = ['openai', 'gpt-4o-2024-08-06', 4, 2];
  expect(await listed({ model: 'gpt-4o-2024-08-06' })).toEqual([row]);
  expect(await listed({ model: 'gpt-4o' })).toContainEqual(row);
});
