import type { OperationFamily } from './operation.ts';

/** Outlines on a grid of 16, shared by lists and canvas: a family is told apart by shape as well as by hue. */
export const familyIconPaths = {
  agent: 'M3 6h10v7H3zM8 6V3M8 2.5v.1M6 9v1M10 9v1',
  llm: 'M8 2l1.6 4.4L14 8l-4.4 1.6L8 14l-1.6-4.4L2 8l4.4-1.6z',
  tool: 'M9.8 2.6a3.2 3.2 0 0 0-3 4.4L2.5 11.3l2.2 2.2L9 9.2a3.2 3.2 0 0 0 4.3-3.7L11.2 7.5 8.9 5.2l2-2.2a3 3 0 0 0-1.1-.4z',
  retrieval: 'M3 3.5c2-.8 3.7-.6 5 .5v9c-1.3-1.1-3-1.3-5-.5zM13 3.5c-2-.8-3.7-.6-5 .5v9c1.3-1.1 3-1.3 5-.5z',
  http: 'M2 5.5h11M10 2.5l3 3-3 3M14 10.5H3M6 7.5l-3 3 3 3',
  db: 'M3 4c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2zM3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2',
  other: 'M8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z',
} as const satisfies Readonly<Record<OperationFamily, string>>;
