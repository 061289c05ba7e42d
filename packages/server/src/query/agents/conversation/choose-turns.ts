/** Which spans of a run are turns of its conversation: content stands on the call, and often again on everything around it. */
import type { OperationKind } from '@sightline/schema/api';
import type { Message } from '@sightline/schema/conventions';
import { parentStep, type RunNode, type RunTree } from '../run-tree.ts';

export interface Spoken {
  readonly node: RunNode;
  readonly input: readonly Message[];
  readonly output: readonly Message[];
}

/** These hold documents, verdicts and the like: content of another kind. */
const silent: readonly OperationKind[] = [
  'retrieval',
  'rerank',
  'embedding',
  'guardrail',
  'evaluator',
  'tool',
  'mcp',
];
/** Between two calls of a model, these mean that the inner call is another one. */
const separating: readonly OperationKind[] = ['tool', 'agent', 'workflow', 'mcp', 'retrieval'];

export function maySpeak(node: RunNode): boolean {
  return !silent.includes(node.operation);
}

/** Between the calls of models these prepare and pass on what is said: templates, parsers, nodes of a graph. */
export const isPassing = ({ operation }: RunNode): boolean => operation === 'step' || operation === 'prompt';

/**
 * Of the spans with content: calls of models, the innermost of those seen twice; others only where nothing below them has content, be it a call or a
 * tool. Steps and prompts only where no call of a model in the run has any: what they pass on stands there.
 */
export function chooseTurns(
  tree: RunTree,
  spoken: readonly Spoken[],
  tools: readonly RunNode[],
): readonly Spoken[] {
  const covered = new Set<RunNode>();
  for (const { node } of spoken) {
    let isSeparated = false;
    for (let above = parentStep(tree, node); above !== undefined; above = parentStep(tree, above)) {
      if (above.operation !== 'llm' || (node.operation === 'llm' && !isSeparated)) covered.add(above);
      isSeparated ||= separating.includes(above.operation);
    }
  }
  for (const node of tools) {
    for (let above = parentStep(tree, node); above !== undefined; above = parentStep(tree, above))
      if (isPassing(above)) covered.add(above);
  }
  const isAnswered = spoken.some(({ node }) => node.operation === 'llm');
  const said = new Map(spoken.map((each) => [each.node, each]));
  const calls = Map.groupBy(
    spoken.filter(({ node }) => node.operation === 'llm'),
    ({ node }) => parentStep(tree, node),
  );
  return spoken
    .filter(({ node }) => !covered.has(node) && !(isAnswered && isPassing(node)))
    .map((each) => {
      const above = parentStep(tree, each.node);
      const isAlone = above !== undefined && isPassing(above) && calls.get(above)?.length === 1;
      return isAlone ? withStep(each, said.get(above)) : each;
    });
}

/** Mastra's calls have only the words of the answer; what went in, and which tools were called, stands on the step around each. */
function withStep(call: Spoken, step: Spoken | undefined): Spoken {
  if (call.node.operation !== 'llm' || call.input.length > 0) return call;
  if (step === undefined || step.input.length === 0) return call;
  const finishReason = call.output.at(-1)?.finishReason;
  const output = step.output.map((message) =>
    finishReason === undefined ? message : { finishReason, ...message },
  );
  return { node: call.node, input: step.input, output: output.length > 0 ? output : call.output };
}
