/**
 * The first page of a long conversation is made of the first spans of its run: behind it lies what came of the tools that its calls asked for. What might look
 * different with everything read is not settled, and is read whole.
 */
import { type RunNode, type RunTree, stepsAbove, stepsOf } from '../run-tree.ts';
import { isPassing, maySpeak } from './choose-turns.ts';
import type { PlacedTurn } from './describe-turn.ts';
import { hasArgumentsOf, type JoinedTools, pastTurnsMax } from './join-tools.ts';

export interface Beginning {
  /** Turns that are wanted. */
  readonly turns: number;
  /** Spans that start until then are read, in nanoseconds. */
  readonly until: bigint;
}

/** Undefined where the run is not much longer. */
export function beginningOf(tree: RunTree, turns: number): Beginning | undefined {
  const calls = stepsOf(tree).filter(({ operation }) => operation === 'llm');
  const needed = turns + pastTurnsMax;
  const last = calls[needed];
  return last === undefined || calls.length < 1.3 * needed ? undefined : { turns, until: last.startNanos };
}

/** Whether the first turns are those that the whole conversation has. */
export function isSettled(
  tree: RunTree,
  { turns, tools }: { readonly turns: readonly PlacedTurn[]; readonly tools: JoinedTools },
  beginning: Beginning,
): boolean {
  if (turns.length < beginning.turns + pastTurnsMax) return false;
  const later = stepsOf(tree).filter(({ startNanos }) => startNanos > beginning.until);
  const speaking = aboveAny(tree, later.filter(maySpeak));
  const isGoingOn = later.some(({ operation }) => operation === 'llm' || operation === 'tool');
  const agentsAtWork = new Set(later.map(({ agent }) => agent));
  const alone = new Map(tools.alone.map((run) => [run.node, run]));
  return turns.slice(0, beginning.turns).every((placed) => {
    const { node } = placed.turn;
    if (node === undefined) return true;
    // A span with content is no turn where something below it has content.
    if (speaking.has(node)) return false;
    // Nor a step where a call of a model, or a tool below it, has any.
    if (isGoingOn && isPassing(node)) return false;
    if (!agentsAtWork.has(node.agent) && !agentsAtWork.has('')) return true;
    const run = alone.get(node);
    return run === undefined ? hasSureOutcomes(placed, tools) : run.use.callId === undefined;
  });
}

function aboveAny(tree: RunTree, nodes: readonly RunNode[]): ReadonlySet<RunNode> {
  const found = new Set<RunNode>();
  for (const node of nodes) {
    for (const above of stepsAbove(tree, node)) {
      if (found.has(above)) break;
      found.add(above);
    }
  }
  return found;
}

/** The calls of a turn have what came of them, and nothing that comes later could be it. */
function hasSureOutcomes({ turn }: PlacedTurn, { outcomes }: JoinedTools): boolean {
  return turn.output.every(({ parts }) =>
    parts.every((part) => {
      if (part.type !== 'tool_call') return true;
      const outcome = outcomes.get(part);
      if (outcome?.from !== 'span') return outcome !== undefined;
      const { run } = outcome;
      return (
        run.startNanos >= turn.startNanos &&
        ((part.id !== undefined && run.use.callId === part.id) || hasArgumentsOf(run, part))
      );
    }),
  );
}
