import { expect, test } from 'vitest';
import { joinTools } from './join-tools.ts';
import type { ToolRun, Turn } from './turn.ts';

const steps = 6000;

/** A run of agents that take turns; each turn calls a tool, which runs at once. */
function madeOf(agents: number, callIdOf: (step: number) => string | undefined) {
  const turns: Turn[] = [];
  const runs: ToolRun[] = [];
  for (let step = 0; step < steps; step += 1) {
    const node = { agent: `agent-${step % agents}` } as ToolRun['node'];
    const name = `tool-${step % 7}`;
    const callId = callIdOf(step);
    const given = { step };
    turns.push({
      traceId: 'run',
      spanId: `turn-${step}`,
      startNanos: BigInt(step) * 10n,
      node,
      input: [],
      output: [
        { role: 'assistant', parts: [{ type: 'tool_call', id: callId, name, arguments: given }] },
      ] as unknown as Turn['output'],
    });
    runs.push({
      traceId: 'run',
      spanId: `tool-${step}`,
      startNanos: BigInt(step) * 10n + 5n,
      node,
      use: { name, callId, arguments: given } as ToolRun['use'],
    });
  }
  return { turns, runs };
}

test.each([
  ['an id of its own', 1, (step: number) => `call-${step}`],
  ['one id for all', 1, () => 'call_0'],
  ['one id for all, by twenty agents', 20, () => 'call_0'],
  ['no id', 1, () => undefined],
] as const)('thousands of calls with %s find what came of each, soon', (_, agents, callIdOf) => {
  const { turns, runs } = madeOf(agents, callIdOf);
  const beganMs = performance.now();
  const { outcomes, alone } = joinTools(
    turns.map((turn) => ({ turn, fresh: [] })),
    runs,
  );
  // Tens of milliseconds; 3.9 s where each call looked at all runs.
  expect(performance.now() - beganMs).toBeLessThan(1000);
  expect(alone).toEqual([]);
  const found = [...outcomes].filter(
    ([call, outcome]) => outcome.from === 'span' && outcome.run.use.arguments === call.arguments,
  );
  expect(found).toHaveLength(steps);
});
