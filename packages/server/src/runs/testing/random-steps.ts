import fc from 'fast-check';
import type { AgentSpans } from '../../query/testing/agent-spans.ts';

/** A step of a run that may be anything: late, far away, a child of anything, with or without usage. */
export const randomStep = fc.record({
  kind: fc.constantFrom('call', 'call', 'agent', 'tool', 'mcp'),
  span: fc.integer({ min: 1, max: 9 }),
  parent: fc.integer({ min: 0, max: 9 }),
  tokens: fc.constantFrom(0, 0, 10, 100),
  response: fc.constantFrom('', '', 'r1', 'r2'),
  cost: fc.constantFrom(undefined, 0.5),
  isFailed: fc.boolean(),
  /** Seconds: most runs are short, some go on for hours, some over midnight. */
  after: fc.constantFrom(0, 1, 2, 290, 310, 4000, 20_000, 90_000),
  /** In which of the loads it comes. */
  load: fc.constantFrom(0, 0, 0, 1, 2),
});

export function randomSpan(
  spans: AgentSpans,
  trace: number,
  { kind, span, parent, tokens, response, cost, isFailed, after }: RandomStep,
): ReturnType<AgentSpans['span']> {
  const base = {
    trace,
    span: trace * 100 + span,
    ...(parent === 0 ? {} : { parent: trace * 100 + parent }),
    at: (trace % 40) * 2000 - 20_000 + after,
    tokens: [response === '' ? tokens : 70, 1] as const,
    ...(cost === undefined ? {} : { cost }),
    ...(isFailed ? { error: 'gave up' } : {}),
    attributes: {
      ...(response === '' ? {} : { 'gen_ai.response.id': response }),
      ...(trace % 3 === 0 ? { 'session.id': `s${trace % 5}`, 'user.id': `u${span % 2}` } : {}),
    },
  };
  if (kind === 'tool') return spans.tool(`t${span % 2}`, base);
  if (kind === 'mcp')
    return spans.span({
      ...base,
      attributes: { ...base.attributes, 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': `t${span % 2}` },
    });
  if (kind === 'call') return spans.call(`m${span % 3}`, base);
  return spans.agent(`a${span % 2}`, {
    ...base,
    attributes: { ...base.attributes, 'gen_ai.usage.input_tokens': base.tokens[0] },
  });
}
export type RandomStep = typeof randomStep extends fc.Arbitrary<infer Value> ? Value : never;
