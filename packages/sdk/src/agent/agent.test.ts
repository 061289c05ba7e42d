import { describe, expect, it } from 'vitest';
import {
  score,
  traceEvaluation,
  traceLlmCall,
  traceRetrieval,
  traceStep,
  traceTool,
  traceWorkflow,
} from '../index.ts';
import { metricPoints, spanNamed, startSdk } from '../test/start-sdk.ts';

async function run(fail = false): Promise<void> {
  await traceWorkflow(
    {
      name: 'answer',
      runId: 'r-1',
      mode: 'plan',
      agent: 'researcher',
      model: 'gpt-4o',
      sessionId: 's-1',
      userId: 'u-1',
    },
    async () => {
      await traceStep({ stepId: 'search', agent: 'researcher', stepNumber: 1 }, async () => {
        await traceRetrieval({ source: 'handbook', query: 'holidays', topK: 2 }, async () => [
          { id: 'h-1', score: 0.9, content: '25 days' },
        ]);
        await traceLlmCall(
          { model: 'gpt-4o', provider: 'openai', promptLength: 12, messages: [{ role: 'user' }] },
          async (call) => {
            call.chunk();
            call.recordUsage({ inputTokens: 1_000_000, outputTokens: 100_000, cacheReadTokens: 0 });
            call.recordResponse({ id: 'resp-1', model: 'gpt-4o-2024-08-06', finishReasons: ['stop'] });
          },
        );
        await traceTool({ name: 'calc', callId: 'c-1', arguments: { x: 1 } }, async () => {
          if (fail) throw new TypeError('no');
          return { y: 2 };
        });
      });
      await traceEvaluation({ name: 'groundedness' }, async () => ({
        value: 0.8,
        label: 'pass',
        explanation: 'ok',
      }));
      score({ name: 'user_feedback', value: 1 });
    },
  );
}

describe('the agent vocabulary', () => {
  it('gives one tree of spans with the GenAI names, and session, user and run on all of them', async () => {
    const memory = startSdk();
    await run();
    expect(memory.spans.map((span) => span.name)).toEqual([
      'retrieval handbook',
      'chat gpt-4o',
      'execute_tool calc',
      'step search',
      'evaluate groundedness',
      'invoke_workflow answer',
    ]);
    for (const span of memory.spans) {
      expect(span.attributes).toMatchObject({
        'session.id': 's-1',
        'user.id': 'u-1',
        'sightline.run.id': 'r-1',
      });
    }
    expect(spanNamed(memory, 'chat gpt-4o').attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.usage.input_tokens': 1_000_000,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.cost': 3.5,
    });
    expect(spanNamed(memory, 'execute_tool calc').attributes).toMatchObject({
      'gen_ai.tool.call.id': 'c-1',
      'gen_ai.tool.call.arguments': '{"x":1}',
      'gen_ai.tool.call.result': '{"y":2}',
    });
    expect(
      JSON.parse(String(spanNamed(memory, 'retrieval handbook').attributes['gen_ai.retrieval.documents'])),
    ).toEqual([{ id: 'h-1', score: 0.9, content: '25 days' }]);
    expect(spanNamed(memory, 'invoke_workflow answer').attributes).toMatchObject({
      'sightline.total.cost_usd': 3.5,
      'sightline.llm_calls': 1,
      'sightline.tool_calls': 1,
    });
  });

  it('attaches scores to the span that was evaluated', async () => {
    const memory = startSdk();
    await run();
    const workflow = spanNamed(memory, 'invoke_workflow answer').spanContext().spanId;
    const events = memory.logs.filter((record) => record.eventName === 'gen_ai.evaluation.result');
    expect(
      events.map((event) => [
        event.attributes['gen_ai.evaluation.name'],
        event.attributes['gen_ai.evaluation.score.value'],
      ]),
    ).toEqual([
      ['groundedness', 0.8],
      ['user_feedback', 1],
    ]);
    expect(events.every((event) => event.spanContext?.spanId === workflow)).toBe(true);
  });

  it('records the standard metrics and the log lines, with the error counted once per level', async () => {
    const memory = startSdk();
    await run();
    await expect(run(true)).rejects.toThrow('no');
    const values = async (name: string) =>
      (await metricPoints(memory, name)).map(({ value, attributes }) => [value, attributes]);
    expect(await values('workflow.count')).toMatchObject([
      [1, { status: 'ok', 'gen_ai.workflow.name': 'answer' }],
      [1, { status: 'error' }],
    ]);
    expect(await values('workflow.cost')).toMatchObject([[{ count: 2, sum: 7 }, {}]]);
    expect(await values('llm.tokens')).toMatchObject([
      [2_000_000, { 'gen_ai.token.type': 'input' }],
      [200_000, { 'gen_ai.token.type': 'output' }],
    ]);
    expect(
      (await values('error.count'))
        .map(([, attributes]) => (attributes as { operation: string }).operation)
        .toSorted(),
    ).toEqual(['step', 'tool', 'workflow']);
    for (const name of [
      'workflow.duration',
      'step.duration',
      'llm.call.duration',
      'gen_ai.client.operation.duration',
    ]) {
      expect((await values(name)).length, name).toBeGreaterThan(0);
    }
    expect(memory.logs.map((record) => record.body)).toContain('Workflow answer failed');
  });

  it('counts every call in the metrics when the trace is not sampled', async () => {
    const memory = startSdk({ sampling: { rate: 0, keepErrors: false, keepSlowerThanMs: false } });
    await run();
    expect(memory.spans).toHaveLength(0);
    expect((await metricPoints(memory, 'workflow.count'))[0]?.value).toBe(1);
    expect((await metricPoints(memory, 'llm.tokens'))[0]?.value).toBe(1_000_000);
  });

  it('leaves the cost of an unknown model unknown', async () => {
    const memory = startSdk();
    traceLlmCall({ model: 'nobody-knows-9', provider: 'acme' }, (call) =>
      call.recordUsage({ inputTokens: 5, outputTokens: 5 }),
    );
    expect(spanNamed(memory, 'chat nobody-knows-9').attributes['gen_ai.usage.cost']).toBeUndefined();
  });
});
