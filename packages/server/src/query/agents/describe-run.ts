/** What the list of runs says of a run, from its tree: held against the engine's sums by a property test. Pure. */
import { formatNanos } from '@sightline/base';
import type { Run, Usage } from '@sightline/schema/api';
import { inferenceOperations } from '@sightline/schema/conventions';
import type { RunOrigin } from './read-run-tree.ts';
import { mixModels } from './run-facts.ts';
import {
  addUsage,
  modelCalls,
  noUsage,
  orNull,
  type RunNode,
  type RunTree,
  stepKey,
  stepsOf,
  usageOf,
} from './run-tree.ts';

const noId = '0'.repeat(16);
/** A century: what is longer is a mistake of its sender, and counts as that long. */
const durationNanosMax = 4_000_000_000_000_000_000n;

/** Of a tree with at least one step, all of which are in it. */
export function describeRun(tree: RunTree, origin: RunOrigin, scores: Run['scores']): Run {
  const steps = stepsOf(tree);
  const head = outermost(steps);
  const { version, environment } = origin.deploymentOf(head);
  const errorCount = countOnce(steps.filter(({ status }) => status === 'error'));
  const isOfWork = ['workflow', 'agent', 'step'].includes(head.operation);
  const isFailed = isOfWork ? head.status === 'error' : errorCount > 0;
  const billed = steps.filter(({ isCounted }) => isCounted);
  return {
    traceId: tree.traceId,
    name: head.name,
    operation: head.operation,
    agent: orNull(firstAgent(steps)),
    service: head.service,
    version: orNull(version),
    environment: orNull(environment),
    startTime: formatNanos(tree.startNanos),
    durationMs: Number(endNanos(steps) - tree.startNanos) / 1e6,
    status: isFailed ? 'error' : 'ok',
    steps: countOnce(steps),
    llmCalls: modelCalls(steps, ['llm']).length,
    toolCalls: callsOfTools(steps),
    errorCount,
    models: mixModels(
      billed.map(({ provider, model, costUsd }) => [provider, model, costUsd]),
      modelsOf(steps),
    ),
    sessionId: orNull(origin.sessionId),
    userId: orNull(origin.userId),
    scores,
    ...billed.reduce<Usage>((sum, call) => addUsage(sum, usageOf(call)), noUsage),
  };
}

/**
 * A root, else the longest workflow or agent, else the longest of all; of two alike the one around the other. Not the first to start: clocks
 * disagree.
 */
function outermost(steps: readonly RunNode[]): RunNode {
  const rank = ({ parentId, operation }: RunNode): number =>
    (parentId === noId ? 0 : 2) + (operation === 'workflow' || operation === 'agent' ? 0 : 1);
  const best = steps.reduce((best, step) => {
    const higher = rank(best) - rank(step);
    return higher > 0 || (higher === 0 && lengthNanos(step) > lengthNanos(best)) ? step : best;
  });
  const alike = steps
    .filter((step) => rank(step) === rank(best) && lengthNanos(step) === lengthNanos(best))
    .toSorted(byId);
  const [one = best, other = one] = [alike[0], alike.at(-1)];
  return one.parentId === other.spanId ? other : one;
}

/** Of the first step that names one. */
function firstAgent(steps: readonly RunNode[]): string {
  const named = steps.filter(({ ownAgent }) => ownAgent !== '');
  const first = named.toSorted((a, b) =>
    a.startNanos === b.startNanos ? byId(a, b) : a.startNanos < b.startNanos ? -1 : 1,
  );
  return first[0]?.ownAgent ?? '';
}

/** Ids as the engine orders them where it has to choose: numbers whose first byte is the least. */
function byId(a: RunNode, b: RunNode): number {
  const [one, other] = [a, b].map(({ spanId }) => (spanId.match(/../g) ?? []).toReversed().join(''));
  return (one ?? '') < (other ?? '') ? -1 : one === other ? 0 : 1;
}

function lengthNanos({ startNanos, endNanos }: RunNode): bigint {
  const length = endNanos - startNanos;
  return length < durationNanosMax ? length : durationNanosMax;
}

function endNanos(steps: readonly RunNode[]): bigint {
  return steps.reduce((last, step) => {
    const end = step.startNanos + lengthNanos(step);
    return end > last ? end : last;
  }, 0n);
}

function modelsOf(steps: readonly RunNode[]): readonly string[] {
  const calls = steps.filter(
    ({ operation, model }) => inferenceOperations.includes(operation) && model !== '',
  );
  return [...new Set(calls.map(({ model }) => model))];
}

/** A call directly below another of the same tool is that call, told by the client or the server of MCP. */
function callsOfTools(steps: readonly RunNode[]): number {
  const calls = steps.filter(
    ({ operation, tool }) => operation === 'tool' || (operation === 'mcp' && tool !== ''),
  );
  const tools = new Set(calls.map(({ spanId, tool }) => spanId + tool));
  return idsOf(calls.filter(({ parentId, tool }) => tool === '' || !tools.has(parentId + tool))).size;
}

const countOnce = (steps: readonly RunNode[]): number => new Set(steps.map(stepKey)).size;

/** A span that was sent again is there twice, and is one call. */
const idsOf = (steps: readonly Pick<RunNode, 'spanId'>[]): ReadonlySet<string> =>
  new Set(steps.map(({ spanId }) => spanId));
