import { statusCode } from '@sightline/schema/api';
import { inferenceOperations } from '@sightline/schema/conventions';
import type { DescribedRun, RunCall } from '../query/agents/describe-run.ts';
import { isUnpriced, type RunNode, type RunTree, stepsOf } from '../query/agents/run-tree.ts';
import type { StoredCall, StoredRun } from '../storage/telemetry-store.ts';

/** The row of a run, without its words. */
export function storedRun(tree: RunTree, run: DescribedRun): StoredRun {
  const steps = stepsOf(tree);
  const models = run.calls.filter(({ kind }) => kind === 'model');
  const { head, usage } = run;
  return {
    traceId: run.traceId,
    startNanos: run.startNanos,
    endNanos: run.endNanos,
    lastNanos: run.lastNanos,
    name: head.name,
    operation: head.operation,
    service: head.service,
    version: run.version,
    environment: run.environment,
    statusCode: statusCode.options.indexOf(head.status),
    agent: run.agent,
    steps: run.steps,
    llmCalls: run.llmCalls,
    toolCalls: run.toolCalls,
    errorCount: run.errorCount,
    isFailed: run.isFailed,
    sessionId: run.sessionId,
    userId: run.userId,
    sessionIds: namesOf(tree.nodes, ({ sessionId }) => sessionId),
    userIds: namesOf(tree.nodes, ({ userId }) => userId),
    environmentNames: namesOf(steps, ({ environment }) => environment),
    mentionedModels: namesOf(steps, ({ model }) => model),
    toolNames: namesOf(steps, ({ tool }) => tool),
    agentNames: namesOf(steps, ({ ownAgent }) => ownAgent),
    serviceNames: namesOf(steps, ({ service }) => service),
    versionNames: namesOf(steps, ({ version }) => version),
    modelNames: namesOf(models, ({ node }) => node.model).filter((name) => name !== ''),
    billedModels: models
      .filter(({ node }) => node.isCounted)
      .map(({ node: { provider, model, costUsd } }) => [provider, model, costUsd] as const),
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cacheReadTokens: usage.cacheReadTokens,
    cacheWriteTokens: usage.cacheWriteTokens,
    reasoningTokens: usage.reasoningTokens,
    costUsd: usage.costUsd,
    unpricedCalls: usage.unpricedCalls,
    question: '',
    answer: '',
    calls: models.map(storedCall),
    otherCalls: run.calls.filter(({ kind }) => kind !== 'model').map(storedCall),
  };
}

function namesOf<Item>(items: readonly Item[], nameOf: (item: Item) => string): readonly string[] {
  return [...new Set(items.map(nameOf))];
}

/** A step that an agent begins with is a call of that agent. What an agent or a tool sums up stands beside the call of it, and is no second one. */
function operationOf({ kind, node }: RunCall): RunNode['operation'] {
  if (kind === 'agent') return 'agent';
  return kind === 'model' && !inferenceOperations.includes(node.operation) ? 'other' : node.operation;
}

function storedCall(call: RunCall): StoredCall {
  const { node, kind, agent, isFailed, usage } = call;
  return {
    // Alerts filter calls of models by their spans; of others only those that failed are shown. An id takes eight bytes.
    spanId: kind === 'model' || isFailed ? node.spanId : '',
    startNanos: node.startNanos,
    durationNs: node.endNanos - node.startNanos,
    operation: operationOf(call),
    name: node.name,
    service: node.service,
    version: node.version,
    environment: node.environment,
    provider: node.provider,
    model: node.model,
    agent,
    tool: node.tool,
    prompt: node.prompt,
    isError: isFailed,
    ttftMs: node.ttftMs,
    isCounted: node.isCounted,
    isUnpriced: isUnpriced(node),
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cacheReadTokens: usage.cacheReadTokens,
    cacheWriteTokens: usage.cacheWriteTokens,
    reasoningTokens: usage.reasoningTokens,
    costUsd: usage.costUsd,
  };
}
