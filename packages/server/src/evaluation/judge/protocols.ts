import type { JudgeSettings } from '@sightline/schema/api';
import { z } from 'zod';
import type { JudgePrompt } from './judge-prompt.ts';

export interface JudgeRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface JudgeReply {
  readonly text: string;
  /** The model that answered, as it says. */
  readonly model: string;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  /** The tier that answered, which has a price of its own. */
  readonly serviceTier: string;
  /** It had more to say than it may. */
  readonly isCut: boolean;
}

/** How each kind of endpoint is asked and read. */
export interface JudgeProtocol {
  readonly provider: string;
  /** Where an endpoint refuses one name of a setting for another: what it says, and the two names. */
  readonly renamed?: { readonly from: string; readonly to: string };
  request(settings: JudgeSettings, prompt: JudgePrompt, key: string | undefined): JudgeRequest;
  /** Undefined where the body is not an answer of this protocol. */
  read(body: unknown): JudgeReply | undefined;
}

/** A count that cannot be one is not told: the answer counts even so, and what it cost is unknown. */
const count = z.number().int().min(0).max(10_000_000_000).nullish().catch(null);
const tier = z.string().max(100).nullish().catch(null);

const openaiBody = z.object({
  model: z.string().nullish(),
  service_tier: tier,
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish().catch(null),
        message: z.object({
          content: z.union([z.string(), z.array(z.object({ text: z.string().optional() }))]).nullish(),
        }),
      }),
    )
    .min(1),
  usage: z
    .object({
      prompt_tokens: count,
      completion_tokens: count,
      prompt_tokens_details: z.object({ cached_tokens: count }).nullish(),
    })
    .nullish(),
});

const anthropicBody = z.object({
  model: z.string().nullish(),
  stop_reason: z.string().nullish().catch(null),
  content: z.array(z.object({ type: z.string(), text: z.string().optional() })),
  usage: z
    .object({
      input_tokens: count,
      output_tokens: count,
      cache_read_input_tokens: count,
      cache_creation_input_tokens: count,
      service_tier: tier,
    })
    .nullish(),
});

export const judgeProtocols: Readonly<Record<JudgeSettings['protocol'], JudgeProtocol>> = {
  openai: {
    provider: 'openai',
    // Models that think know only the first; many that speak like OpenAI's know only the second.
    renamed: { from: 'max_completion_tokens', to: 'max_tokens' },
    request: (settings, { system, user }, key) => ({
      url: `${base(settings.url)}/chat/completions`,
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      body: {
        model: settings.model,
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: user },
        ],
        max_completion_tokens: settings.maxOutputTokens,
        stream: false,
      },
    }),
    read: (body) => {
      const { data } = openaiBody.safeParse(body);
      if (data === undefined) return undefined;
      const content = data.choices[0]?.message.content ?? '';
      return {
        text: typeof content === 'string' ? content : content.map(({ text }) => text ?? '').join(''),
        model: data.model ?? '',
        inputTokens: data.usage?.prompt_tokens ?? null,
        outputTokens: data.usage?.completion_tokens ?? null,
        cacheReadTokens: data.usage?.prompt_tokens_details?.cached_tokens ?? null,
        cacheWriteTokens: null,
        serviceTier: data.service_tier ?? '',
        isCut: data.choices[0]?.finish_reason === 'length',
      };
    },
  },
  anthropic: {
    provider: 'anthropic',
    request: (settings, { system, user }, key) => ({
      url: `${base(settings.url).replace(/\/v1$/, '')}/v1/messages`,
      headers: {
        'anthropic-version': '2023-06-01',
        ...(key === undefined ? {} : { 'x-api-key': key }),
      },
      body: {
        model: settings.model,
        system,
        messages: [{ role: 'user', content: user }],
        max_tokens: settings.maxOutputTokens,
        stream: false,
      },
    }),
    read: (body) => {
      const { data } = anthropicBody.safeParse(body);
      if (data === undefined) return undefined;
      const { usage } = data;
      const cacheRead = usage?.cache_read_input_tokens ?? 0;
      const cacheWrite = usage?.cache_creation_input_tokens ?? 0;
      return {
        text: data.content.map(({ type, text }) => (type === 'text' ? (text ?? '') : '')).join(''),
        model: data.model ?? '',
        // Their input leaves out what went through the cache; everywhere else here it is in.
        inputTokens:
          typeof usage?.input_tokens === 'number' ? usage.input_tokens + cacheRead + cacheWrite : null,
        outputTokens: usage?.output_tokens ?? null,
        cacheReadTokens: cacheRead,
        cacheWriteTokens: cacheWrite,
        serviceTier: usage?.service_tier ?? '',
        isCut: data.stop_reason === 'max_tokens',
      };
    },
  },
};

function base(url: string): string {
  return url.replace(/\/+$/, '');
}
