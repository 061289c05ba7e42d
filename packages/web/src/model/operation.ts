import type { OperationKind } from '@sightline/schema/api';

/**
 * The API's `operationKind`, in the order that `SlimTraceResponse.columns.operation` indexes. Written out here so that
 * the first page does not carry the schema library; a test holds the two together.
 */
export const operationKinds = [
  'llm',
  'embedding',
  'retrieval',
  'rerank',
  'tool',
  'agent',
  'workflow',
  'step',
  'mcp',
  'guardrail',
  'evaluator',
  'prompt',
  'memory',
  'http',
  'db',
  'messaging',
  'other',
] as const satisfies readonly OperationKind[];

/** The few families that have a hue and an icon of their own. */
export type OperationFamily = 'agent' | 'llm' | 'tool' | 'retrieval' | 'http' | 'db' | 'other';

export const operationFamilies: readonly OperationFamily[] = [
  'agent',
  'llm',
  'tool',
  'retrieval',
  'http',
  'db',
  'other',
];

const families: Readonly<Record<OperationKind, OperationFamily>> = {
  llm: 'llm',
  embedding: 'llm',
  retrieval: 'retrieval',
  rerank: 'retrieval',
  tool: 'tool',
  agent: 'agent',
  workflow: 'agent',
  step: 'agent',
  mcp: 'tool',
  guardrail: 'tool',
  evaluator: 'tool',
  prompt: 'llm',
  memory: 'retrieval',
  http: 'http',
  db: 'db',
  messaging: 'http',
  other: 'other',
};

export function operationFamily(operation: OperationKind): OperationFamily {
  return families[operation];
}

export const familyLabels: Readonly<Record<OperationFamily, string>> = {
  agent: 'Agent',
  llm: 'Model',
  tool: 'Tool',
  retrieval: 'Retrieval',
  http: 'HTTP',
  db: 'Database',
  other: 'Other',
};

export const spanKindNames = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
