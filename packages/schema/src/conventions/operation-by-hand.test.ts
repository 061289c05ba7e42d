/** The operations of spans whose libraries use other names for them. */
import { expect, test } from 'vitest';
import { derive, type DeriveInput } from './derive.ts';

type Attributes = DeriveInput['attributes'];

const readAll = (...inputs: readonly DeriveInput[]) => inputs.map(derive);

const bedrock = (model: string, operation: string, provider = 'gen_ai.system'): DeriveInput => ({
  name: `${operation} ${model}`,
  attributes: {
    'rpc.system': 'aws-api',
    [provider]: 'aws.bedrock',
    'gen_ai.request.model': model,
    'gen_ai.operation.name': operation,
  },
});

test("Bedrock's models that embed are no language models, whatever botocore calls their requests", () => {
  const read = readAll(
    bedrock('amazon.titan-embed-text-v2:0', 'text_completion'),
    bedrock('cohere.embed-english-v3', 'chat'),
    bedrock('global.cohere.embed-v4:0', 'chat', 'gen_ai.provider.name'),
    bedrock('amazon.titan-text-express-v1', 'text_completion'),
    bedrock('cohere.command-r-v1:0', 'chat'),
  );
  expect(read.map(({ operation }) => operation)).toEqual([
    'embedding',
    'embedding',
    'embedding',
    'llm',
    'llm',
  ]);
});

test('a call that does not say what it is is told by a model that can do nothing else', () => {
  const of = (attributes: Attributes): DeriveInput => ({ name: 'POST', attributes });
  const read = readAll(
    of({ 'gen_ai.request.model': 'text-embedding-3-small' }),
    of({ 'gen_ai.request.model': 'amazon.titan-embed-text-v1', 'gen_ai.response.model': 'm' }),
    of({ 'llm.model_name': 'voyage-3' }),
    of({ 'gen_ai.request.model': 'gpt-4o' }),
    of({ 'gen_ai.request.model': 'text-embedding-3-small', 'gen_ai.operation.name': 'chat' }),
  );
  expect(read.map(({ operation }) => operation)).toEqual([
    'embedding',
    'embedding',
    'embedding',
    'llm',
    'llm',
  ]);
});

test("a name that an instrumentation gives to every agent is no agent's, unless somebody chose it", () => {
  const agent = (name: string, description?: string): DeriveInput => ({
    name: 'chat gpt-4o',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.agent.name': name,
      ...(description === undefined ? {} : { 'gen_ai.agent.description': description }),
    },
  });
  const read = readAll(
    agent('OpenAI Agent', 'OpenAI Agents instrumentation'),
    agent('Triage agent', 'OpenAI Agents instrumentation'),
    agent('OpenAI Agent', 'Answers from the docs of OpenAI'),
    agent('OpenAI Agent'),
  );
  expect(read.map(({ agent_name }) => agent_name)).toEqual([
    '',
    'Triage agent',
    'OpenAI Agent',
    'OpenAI Agent',
  ]);
});

test('what hands work over to another agent is no tool and has none', () => {
  const attributes = { 'openinference.span.kind': 'TOOL' };
  const [handoff, tool] = readAll(
    { name: 'handoff to Weather agent', attributes },
    { name: 'get_weather', attributes },
  );
  expect(handoff).toMatchObject({ operation: 'step', tool_name: '' });
  expect(tool).toMatchObject({ operation: 'tool', tool_name: 'get_weather' });
});
