import type { OperationKind } from '../api/traces.ts';

/** Operations of spans that are no steps of agents. */
export const plainOperations = [
  'other',
  'http',
  'db',
  'messaging',
] as const satisfies readonly OperationKind[];

export const isStepOperation = (operation: string): boolean =>
  !(plainOperations as readonly string[]).includes(operation);
