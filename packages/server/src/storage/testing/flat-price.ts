import type { ModelPrices } from '../telemetry-store.ts';

/** A model for which each token of a prompt costs 1 and each of an answer 2, at any time. */
export function flatPrice(provider: string, model: string): ModelPrices {
  return {
    provider,
    model,
    prices: [{ project: '', rows: [price], tierFactors: {}, priceVersion: 'test' }],
  };
}

const price = {
  validFrom: 0,
  dayFrom: 0,
  dayTo: 86_400,
  inputAbove: -1,
  input: 1,
  output: 2,
  cacheRead: 0,
  cacheWrite: 0,
  cacheWrite1h: 0,
  reasoning: 0,
  inputAudio: 0,
  outputAudio: 0,
  request: 0,
};
