/** What the demo's models cost and how fast they answer; figures of the size that providers publish. */
export interface Model {
  readonly name: string;
  readonly released: string;
  readonly provider: string;
  readonly host: string;
  readonly path: string;
  readonly usdPerMillion: { readonly input: number; readonly output: number; readonly cacheRead: number };
  readonly firstChunkMs: number;
  readonly tokensPerSecond: number;
}

const anthropic = { provider: 'anthropic', host: 'api.anthropic.com', path: '/v1/messages' } as const;
const openai = { provider: 'openai', host: 'api.openai.com', path: '/v1/chat/completions' } as const;

export const models = {
  sonnet: {
    ...anthropic,
    name: 'claude-sonnet-5',
    released: 'claude-sonnet-5-20260217',
    usdPerMillion: { input: 2, output: 10, cacheRead: 0.2 },
    firstChunkMs: 780,
    tokensPerSecond: 88,
  },
  haiku: {
    ...anthropic,
    name: 'claude-haiku-4-5',
    released: 'claude-haiku-4-5-20251001',
    usdPerMillion: { input: 1, output: 5, cacheRead: 0.1 },
    firstChunkMs: 390,
    tokensPerSecond: 165,
  },
  gpt: {
    ...openai,
    name: 'gpt-5.4',
    released: 'gpt-5.4-2026-03-05',
    usdPerMillion: { input: 2.5, output: 15, cacheRead: 0.25 },
    firstChunkMs: 960,
    tokensPerSecond: 74,
  },
  gptMini: {
    ...openai,
    name: 'gpt-5.4-mini',
    released: 'gpt-5.4-mini-2026-03-17',
    usdPerMillion: { input: 0.75, output: 4.5, cacheRead: 0.075 },
    firstChunkMs: 420,
    tokensPerSecond: 150,
  },
  embedding: {
    ...openai,
    name: 'text-embedding-3-large',
    released: 'text-embedding-3-large',
    path: '/v1/embeddings',
    usdPerMillion: { input: 0.13, output: 0, cacheRead: 0 },
    firstChunkMs: 110,
    tokensPerSecond: 1,
  },
} as const satisfies Record<string, Model>;

export type ModelId = keyof typeof models;

export interface TokenUse {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
}

/** `input` contains the cached tokens, as OpenTelemetry counts. */
export function priceOf(model: Model, { input, output, cacheRead }: TokenUse): number {
  const { usdPerMillion } = model;
  const usd =
    (input - cacheRead) * usdPerMillion.input +
    cacheRead * usdPerMillion.cacheRead +
    output * usdPerMillion.output;
  return Math.round(usd * 1000) / 1e9;
}
