/** The step that people know a span by: a call of a model or a tool, a retrieval, an agent. Transport under a call is a part of it. */
import type { OperationKind } from '../api/index.ts';

export type HumanKind = 'model' | 'tool' | 'retrieval' | 'agent';

const kinds: Partial<Record<OperationKind, HumanKind>> = {
  llm: 'model',
  embedding: 'model',
  tool: 'tool',
  mcp: 'tool',
  guardrail: 'tool',
  evaluator: 'tool',
  retrieval: 'retrieval',
  rerank: 'retrieval',
  memory: 'retrieval',
  agent: 'agent',
  workflow: 'agent',
  step: 'agent',
};

/** Undefined for a span of transport, storage or the program's own code. */
export function humanKindOf(operation: OperationKind): HumanKind | undefined {
  return kinds[operation];
}

export interface StepKinds {
  readonly parent: ArrayLike<number>;
  readonly kindOf: (span: number) => HumanKind | undefined;
}

/**
 * The outermost call that a span is a part of, below its agent: an embedding within a retrieval is the retrieval's. A tool that runs within the
 * span of a model is the tool's own. The span itself where it is part of nothing.
 */
export function humanStepOf({ parent, kindOf }: StepKinds, span: number): number {
  let step = span;
  let kind = kindOf(span);
  if (kind === 'agent') return span;
  for (let above = parent[span] ?? -1; above >= 0; above = parent[above] ?? -1) {
    const next = kindOf(above);
    if (next === undefined) continue;
    if (next === 'agent') return kind === undefined ? above : step;
    if (next === 'model' && kind !== undefined && kind !== 'model') break;
    step = above;
    kind = next;
  }
  return step;
}

/** `gpt-5.4`, `web_search`, `supplier-documents`, `research-agent`: the name without the verb that conventions put before it. */
export function humanNameOf(
  kind: HumanKind | undefined,
  names: { readonly name: string; readonly model: string },
): string {
  return kind === 'model' && names.model !== '' ? names.model : shortName(names.name);
}

/** Span names of the GenAI conventions begin with what is done. */
export function shortName(name: string): string {
  return name.replace(
    /^(?:invoke_agent|create_agent|invoke_workflow|execute_tool|tools\/call|chat|generate_content|text_completion|embeddings|retrieval|rerank) (?=\S)/,
    '',
  );
}
