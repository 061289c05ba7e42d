/** The closed word lists of the API, apart from the schemas made of them: the UI completes filters by the words, and needs no checker for it. */
export const statusCodes = ['unset', 'ok', 'error'] as const;
export const spanKinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
export const severities = ['UNSET', 'TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
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
] as const;
