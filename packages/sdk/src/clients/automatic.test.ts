/** Clients traced without `instrument()`: the real libraries, in child processes, over HTTP to a provider's stand-in. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startReceiver, type OtlpReceiver } from '../test/otlp-receiver.ts';
import { jsonSpans } from '../test/json-spans.ts';
import {
  anthropicEvents,
  anthropicMessage,
  chatCompletion,
  googleContent,
  startProvider,
  type Answer,
  type ProviderServer,
} from '../test/provider-server.ts';
import { runProgram } from '../test/run-program.ts';

const register = new URL('../register.ts', import.meta.url).href;
let receiver: OtlpReceiver;
let provider: ProviderServer;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => {
  receiver.close();
  provider.close();
});

async function run(
  program: string,
  answers: Answer[],
  env: Record<string, string> = {},
  nodeArguments: string[] = [],
) {
  provider = await startProvider(...answers);
  const end = await runProgram(program, {
    nodeArguments,
    env: {
      SIGHTLINE_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      PROVIDER: provider.url,
      ...env,
    },
  });
  return { ...end, spans: jsonSpans(receiver.text('traces')) };
}

const inferences = (spans: ReturnType<typeof jsonSpans>) =>
  spans.filter((span) =>
    ['chat', 'generate_content'].includes(String(span.attributes['gen_ai.operation.name'])),
  );

const byText = (a: string, b: string) => a.localeCompare(b);
const models = (spans: ReturnType<typeof jsonSpans>) =>
  inferences(spans)
    .map((span) => String(span.attributes['gen_ai.request.model']))
    .toSorted(byText);

describe('with --import @sightline/sdk/register', () => {
  const cases = [
    ['anthropic', { json: anthropicMessage }, { events: anthropicEvents }, 180, 'Hi.'],
    [
      'google',
      { json: googleContent('Hello') },
      { events: [googleContent('Hel'), googleContent('lo')] },
      8,
      'Hello',
    ],
  ] as const;
  for (const [client, json, events, inputTokens, text] of cases) {
    it.each([false, true])(`${client} is traced, streaming %s`, async (stream) => {
      const env = { CLIENT: client, STREAM: stream ? 'yes' : 'no' };
      const { spans, ...end } = await run('all-clients.mjs', [stream ? events : json], env, [
        '--import',
        register,
      ]);
      expect([end.code, end.stdout], end.stderr).toEqual([0, `${text}\n`]);
      const [span, ...more] = inferences(spans);
      expect(more).toEqual([]);
      expect(span?.attributes['gen_ai.usage.input_tokens']).toBe(inputTokens);
      expect(span?.attributes['gen_ai.output.messages']).toContain(text);
      expect(Number(span?.attributes['gen_ai.usage.cost'])).toBeGreaterThan(0);
      expect(JSON.stringify(span?.attributes['gen_ai.response.finish_reasons'])).toMatch(/end_turn|stop/);
      if (stream) expect(Number(span?.attributes['gen_ai.response.time_to_first_chunk'])).toBeGreaterThan(0);
      expect(provider.exchanges[0]?.headers['traceparent']).toContain(span?.traceId);
    });

    it(`${client} keeps its errors`, async () => {
      const answer = {
        status: 429,
        json: { error: { code: 429, type: 'rate_limit_error', message: 'slow down' } },
      };
      const { spans, ...end } = await run('all-clients.mjs', [answer], { CLIENT: client }, [
        '--import',
        register,
      ]);
      expect(end.stdout).toBe('failed with 429\n');
      expect(inferences(spans).map((span) => span.failed)).toEqual([true]);
    });
  }

  it('two versions of each client are traced, each call once', async () => {
    const byPath = [
      chatCompletion(),
      chatCompletion(),
      googleContent('Hi'),
      googleContent('Hi'),
      anthropicMessage,
    ];
    const { spans, ...end } = await run(
      'two-versions.mjs',
      byPath.map((json) => ({ json })),
      {},
      ['--import', register],
    );
    expect([end.code, end.stdout], end.stderr).toEqual([0, 'done\n']);
    expect(models(spans)).toEqual(
      [
        'gpt-4o',
        'gpt-4o-mini',
        'gemini-2.5-flash',
        'gemini-2.5-pro',
        'claude-opus-4-1',
        'claude-sonnet-4-5',
      ].toSorted(byText),
    );
  });
});

describe('a library loaded before init', () => {
  it('is traced all the same, each call once', async () => {
    const { spans, ...end } = await run('loaded-before.mjs', [{ json: chatCompletion() }]);
    expect([end.code, end.stdout], end.stderr).toEqual([0, `${'Hello.\n'.repeat(4)}function\n`]);
    expect(models(spans)).toEqual(['gpt-4o', 'gpt-4.1', 'gpt-4o-mini', 'gpt-5'].toSorted(byText));
    const names = spans.map((span) => span.name);
    expect(names).toContain('invoke_agent Helper');
    expect(names.filter((name) => name === 'tools/call ping')).toHaveLength(2);
  });

  it('is traced from CommonJS', async () => {
    const { spans, ...end } = await run('loaded-before.cjs', [{ json: chatCompletion() }]);
    expect(end.stdout, end.stderr).toBe('Hello.\n');
    expect(inferences(spans)).toHaveLength(1);
  });

  it('is traced when the set-up is a module imported before it', async () => {
    const { spans, ...end } = await run('set-up-first.mjs', [{ json: chatCompletion() }]);
    expect(end.stdout, end.stderr).toBe('Hello.\n');
    expect(inferences(spans)).toHaveLength(1);
  });
});
