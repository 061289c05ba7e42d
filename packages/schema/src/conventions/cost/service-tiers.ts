import { matchesGlob } from './glob.ts';

interface TierRule {
  readonly provider: string;
  readonly tier: string;
  /** Glob over the model; every model unless said. */
  readonly model?: string;
  readonly factor: number;
}

const half = (tier: string, ...providers: readonly string[]): readonly TierRule[] =>
  providers.map((provider) => ({ provider, tier, factor: 0.5 }));

/**
 * What a tier does to the standard price: the price lists of the providers. The first rule that fits counts; a tier
 * that no rule knows makes the price unknown.
 */
const rules: readonly TierRule[] = [
  ...half(
    'batch',
    'openai',
    'azure.ai.openai',
    'anthropic',
    'aws.bedrock',
    'gcp.gemini',
    'gcp.vertex_ai',
    'mistral_ai',
    'groq',
  ),
  ...half('flex', 'openai', 'aws.bedrock'),
  { provider: 'aws.bedrock', tier: 'priority', factor: 1.75 },
  { provider: 'openai', tier: 'priority', model: 'gpt-5-mini*', factor: 1.8 },
  { provider: 'openai', tier: 'priority', model: 'gpt-5*', factor: 2 },
  { provider: 'openai', tier: 'priority', model: 'gpt-4.1*', factor: 1.75 },
  { provider: 'openai', tier: 'priority', model: 'gpt-4o-mini*', factor: 5 / 3 },
  { provider: 'openai', tier: 'priority', model: 'gpt-4o*', factor: 1.7 },
  { provider: 'openai', tier: 'priority', model: 'o3*', factor: 1.75 },
];

/** Tiers at the standard price. */
export const standardTiers = ['', 'auto', 'default', 'standard', 'standard_only', 'on_demand'] as const;

/** Among factors: what holds for tiers that are not named. */
export const anyTier = '*';

/** The tiers of a model that have another price, with their factor. */
export function tierFactors(provider: string, model: string): Readonly<Record<string, number>> {
  const factors: Record<string, number> = {};
  for (const rule of rules) {
    if (rule.provider !== provider || rule.tier in factors) continue;
    if (rule.model === undefined || matchesGlob(rule.model, model)) factors[rule.tier] = rule.factor;
  }
  return factors;
}
