/** A multi-step agent as the tracing that Sightline replaces writes it: names and attributes of its own. */
import { SpanStatusCode, trace } from '@opentelemetry/api';
import { startTelemetry } from '../telemetry.mjs';

const telemetry = startTelemetry('research-agent');
const tracer = trace.getTracer('agent.tracing');

const inSpan = async (name, attributes, work) =>
  tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      throw error;
    } finally {
      span.end();
    }
  });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const usage = (prompt, completion) => ({
  'llm.prompt_tokens': prompt,
  'llm.completion_tokens': completion,
  'llm.total_tokens': prompt + completion,
});
const model = (provider, name, promptLength) => ({
  'llm.model': name,
  'llm.provider': provider,
  'llm.prompt_length': promptLength,
});

const run = {
  'workflow.run_id': 'run-2041',
  'workflow.mode': 'plan-and-execute',
  'workflow.agent': 'researcher',
  'workflow.model': 'gpt-4o',
  'workflow.session_id': 'session-9',
  'workflow.user_id': 'user-7',
  correlation_id: 'request-5',
};
await inSpan('workflow.execution', run, async (workflow) => {
  // The call is told by whoever asks for it and by the client that sends it.
  await inSpan('workflow.step', { 'step.id': 'plan', 'step.agent': 'planner', 'step.number': 1 }, async () =>
    inSpan('llm.call', model('openai', 'gpt-4o', 4200), async (call) => {
      await inSpan('llm.api.call', model('openai', 'gpt-4o', 4200), async (request) => {
        await pause(20);
        request.setAttributes(usage(1200, 80));
      });
      call.setAttributes({ ...usage(1200, 80), 'llm.response_length': 320, 'llm.duration_ms': 20.4 });
    }),
  );
  await inSpan(
    'workflow.step',
    { 'step.id': 'write', 'step.agent': 'writer', 'step.number': 2 },
    async () => {
      await inSpan('llm.api.call', model('anthropic', 'claude-sonnet-4-5', 3100), async (request) => {
        await pause(20);
        request.setAttributes(usage(900, 120));
      });
      await inSpan('llm.api.call', model('anthropic', 'claude-sonnet-4-5', 3100), async () => {
        await pause(5);
        throw new Error('rate limit exceeded');
      }).catch(() => {});
    },
  );
  workflow.setAttributes({ 'workflow.steps': 2, 'workflow.status': 'completed' });
});
await telemetry.stop();
