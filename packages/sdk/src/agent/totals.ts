/** Running totals of a workflow or step: what the model calls inside it used. They ride in the context. */
import { createContextKey, type Context } from '@opentelemetry/api';
import type { TokenUsage } from './price.ts';

export interface Totals {
  readonly parent: Totals | undefined;
  costUsd: number;
  /** Calls whose price is unknown: the cost is then a lower bound, and said to be. */
  unpricedCalls: number;
  llmCalls: number;
  toolCalls: number;
  inputTokens: number;
  outputTokens: number;
}

const key = createContextKey('sightline.totals');

export function totalsOf(context: Context): Totals | undefined {
  return context.getValue(key) as Totals | undefined;
}

export function withTotals(context: Context): { readonly context: Context; readonly totals: Totals } {
  const totals: Totals = {
    parent: totalsOf(context),
    costUsd: 0,
    unpricedCalls: 0,
    llmCalls: 0,
    toolCalls: 0,
    inputTokens: 0,
    outputTokens: 0,
  };
  return { context: context.setValue(key, totals), totals };
}

export function addLlmCall(context: Context, usage: TokenUsage, costUsd: number | undefined): void {
  for (let totals = totalsOf(context); totals !== undefined; totals = totals.parent) {
    totals.llmCalls++;
    if (costUsd === undefined) totals.unpricedCalls++;
    else totals.costUsd += costUsd;
    totals.inputTokens += usage.inputTokens ?? 0;
    totals.outputTokens += usage.outputTokens ?? 0;
  }
}

export function addToolCall(context: Context): void {
  for (let totals = totalsOf(context); totals !== undefined; totals = totals.parent) totals.toolCalls++;
}
