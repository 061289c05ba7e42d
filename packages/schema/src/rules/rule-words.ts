/** The words of rules: what can be looked at, what it has, and what is said often. */
import type { RuleSource, Term, ValueUnit } from './rule-node.ts';

export interface MeasureWord {
  readonly unit: ValueUnit;
}

interface SourceWords {
  /** How it may be written after `of`. */
  readonly names: readonly string[];
  readonly measures: Readonly<Record<string, MeasureWord>>;
  readonly dimensions: readonly string[];
  /** Whether attributes of its items can be named. */
  readonly attributes: boolean;
}

const seconds = { unit: 'seconds' } as const;
const tokens = { unit: 'tokens' } as const;
const count = { unit: 'none' } as const;
const dollars = { unit: 'dollars' } as const;

const usage = {
  cost: dollars,
  tokens,
  input_tokens: tokens,
  output_tokens: tokens,
  cache_read_tokens: tokens,
  cache_write_tokens: tokens,
  reasoning_tokens: tokens,
};

export const sourceWords: Readonly<Record<RuleSource, SourceWords>> = {
  spans: {
    names: ['spans', 'span'],
    measures: { duration: seconds, ttft: seconds },
    dimensions: [
      'service',
      'name',
      'operation',
      'model',
      'provider',
      'agent',
      'tool',
      'kind',
      'status',
      'scope',
      'session',
      'user',
      'trace',
    ],
    attributes: true,
  },
  calls: {
    names: ['calls', 'call'],
    measures: { duration: seconds, ttft: seconds, ...usage },
    dimensions: ['service', 'model', 'provider', 'agent', 'operation', 'version', 'environment', 'name'],
    attributes: false,
  },
  runs: {
    names: ['runs', 'run'],
    measures: {
      duration: seconds,
      steps: count,
      errors: count,
      llm_calls: count,
      tool_calls: count,
      cost: dollars,
      tokens,
      input_tokens: tokens,
      output_tokens: tokens,
      cache_read_tokens: tokens,
    },
    dimensions: [
      'workflow',
      'service',
      'agent',
      'version',
      'environment',
      'operation',
      'session',
      'user',
      'trace',
    ],
    attributes: false,
  },
  logs: {
    names: ['logs', 'log'],
    measures: {},
    dimensions: ['service', 'severity', 'event', 'scope', 'session', 'user', 'trace'],
    attributes: true,
  },
  scores: {
    names: ['scores', 'score'],
    measures: { value: count },
    dimensions: ['name', 'label', 'service', 'source', 'session', 'trace'],
    attributes: false,
  },
};

/** Words for whole values. */
export const valueWords: Readonly<
  Record<
    string,
    {
      readonly left: Term;
      readonly right?: Term;
      readonly source: RuleSource;
      readonly unit: ValueUnit;
    }
  >
> = {
  error_rate: { left: { type: 'failed' }, source: 'spans', unit: 'ratio' },
  p50_latency_ms: latency(0.5),
  p95_latency_ms: latency(0.95),
  p99_latency_ms: latency(0.99),
  hallucination_rate: { left: { type: 'hallucinated' }, source: 'scores', unit: 'ratio' },
  cache_hit_rate: {
    left: { type: 'sum', measure: { type: 'builtin', name: 'cache_read_tokens' } },
    right: { type: 'sum', measure: { type: 'builtin', name: 'input_tokens' } },
    source: 'calls',
    unit: 'ratio',
  },
  cost_per_run: {
    left: { type: 'avg', measure: { type: 'builtin', name: 'cost' } },
    source: 'runs',
    unit: 'dollars',
  },
  total_cost: {
    left: { type: 'sum', measure: { type: 'builtin', name: 'cost' } },
    source: 'calls',
    unit: 'dollars',
  },
  total_tokens: {
    left: { type: 'sum', measure: { type: 'builtin', name: 'tokens' } },
    source: 'calls',
    unit: 'tokens',
  },
};

function latency(quantile: number): (typeof valueWords)[string] {
  const measure = { type: 'builtin', name: 'duration' } as const;
  return { left: { type: 'quantile', quantile, measure, inMs: true }, source: 'spans', unit: 'milliseconds' };
}

export const aggregateWords = [
  'count',
  'rate',
  'avg',
  'max',
  'min',
  'sum',
  'uniq',
  'p50',
  'p75',
  'p90',
  'p95',
  'p99',
];
export const clauseWords = ['of', 'where', 'by', 'over'];
export const conditionWords = ['changed', 'rose', 'fell', 'absent', 'anomalous', 'forecast'];
