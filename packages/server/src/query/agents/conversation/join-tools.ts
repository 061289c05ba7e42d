/**
 * Finds for each call of a tool what came of it: the span of the tool, by the id of the call, else by name, arguments and order; or else the message
 * in which a later prompt tells the model.
 */
import type { Message, MessagePart } from '@sightline/schema/conventions';
import type { ToolRun, Turn } from './turn.ts';

type CallPart = Extract<MessagePart, { type: 'tool_call' }>;
type ResultPart = Extract<MessagePart, { type: 'tool_result' }>;

export type FoundOutcome =
  | { readonly from: 'span'; readonly run: ToolRun; readonly told: ResultPart | undefined }
  | { readonly from: 'message'; readonly told: ResultPart; readonly turn: Turn; readonly partId: string };

export interface JoinedTools {
  readonly outcomes: ReadonlyMap<CallPart, FoundOutcome>;
  /** Results that stand at their calls. */
  readonly joined: ReadonlySet<ResultPart>;
  /** Runs of tools that no message calls. */
  readonly alone: readonly ToolRun[];
}

interface Told {
  readonly part: ResultPart;
  readonly turn: Turn;
  readonly partId: string;
}

/** `turns` in the order of time, with the messages that are shown. */
export function joinTools(
  turns: readonly { readonly turn: Turn; readonly fresh: readonly number[] }[],
  runs: readonly ToolRun[],
): JoinedTools {
  const unclaimed = new Set(runs);
  const byName = Map.groupBy(runs, ({ use }) => use.name);
  const byCallId = Map.groupBy(runs, ({ use }) => use.callId ?? '');
  const shown = turns.map(({ turn, fresh }) => ({ turn, ...shownOf(turn, fresh) }));
  const results = shown.flatMap(({ told }) => told);
  const resultsById = Map.groupBy(results, ({ part }) => part.id ?? '');
  const freeResults = new Set(results.filter(({ part }) => part.id === undefined));
  const outcomes = new Map<CallPart, FoundOutcome>();
  const joined = new Set<ResultPart>();
  for (const { turn, calls } of shown) {
    for (const call of calls) {
      const run = call.id === undefined ? undefined : nearest(byCallId.get(call.id), turn, (each) => each);
      const outcome =
        run ??
        findRun(
          call,
          turn,
          byName.get(call.name)?.filter((each) => unclaimed.has(each)),
        );
      const told =
        (call.id === undefined ? undefined : nearest(resultsById.get(call.id), turn, (each) => each.turn)) ??
        findTold(call, turn, freeResults);
      if (told !== undefined) {
        joined.add(told.part);
        freeResults.delete(told);
      }
      if (outcome !== undefined) {
        unclaimed.delete(outcome);
        outcomes.set(call, { from: 'span', run: outcome, told: told?.part });
      } else if (told !== undefined) {
        outcomes.set(call, { from: 'message', told: told.part, turn: told.turn, partId: told.partId });
      }
    }
  }
  // The same result is often told again under the same id.
  for (const { part } of results)
    if (part.id !== undefined && resultsById.get(part.id)?.[0]?.part !== part) joined.add(part);
  return { outcomes, joined, alone: [...unclaimed] };
}

/**
 * Of what has the id of a call: the first since its turn began, else the last before, in the same run if there is any. Some models number their calls anew in
 * each run, or in each answer.
 */
function nearest<Item>(
  items: readonly Item[] = [],
  turn: Turn,
  placeOf: (item: Item) => Pick<Turn, 'traceId' | 'startNanos'>,
): Item | undefined {
  let [after, before]: (Item | undefined)[] = [];
  const here = items.filter((item) => placeOf(item).traceId === turn.traceId);
  for (const item of here.length > 0 ? here : items) {
    const { startNanos } = placeOf(item);
    if (startNanos >= turn.startNanos) {
      if (after === undefined || startNanos < placeOf(after).startNanos) after = item;
    } else if (before === undefined || startNanos > placeOf(before).startNanos) before = item;
  }
  return after ?? before;
}

interface Shown {
  readonly calls: readonly CallPart[];
  readonly told: readonly Told[];
}

/** The calls and results in the messages of a turn that are shown. */
function shownOf(turn: Turn, fresh: readonly number[]): Shown {
  const calls: CallPart[] = [];
  const told: Told[] = [];
  const look = ({ parts }: Message, place: string): void => {
    for (const [index, part] of parts.entries()) {
      if (part.type === 'tool_call') calls.push(part);
      else if (part.type === 'tool_result') told.push({ part, turn, partId: `${place}.${index}` });
    }
  };
  for (const index of fresh) {
    const message = turn.input[index];
    if (message !== undefined) look(message, `i${index}`);
  }
  for (const [index, message] of turn.output.entries()) look(message, `o${index}`);
  return { calls, told };
}

/** Without an id: the first of these unclaimed runs of the tool since the turn began, with the same arguments if there is one. */
function findRun(call: CallPart, turn: Turn, ofName: readonly ToolRun[] = []): ToolRun | undefined {
  const named = ofName.filter(
    ({ use, startNanos, traceId }) =>
      traceId === turn.traceId &&
      startNanos >= turn.startNanos &&
      (use.callId === undefined || call.id === undefined),
  );
  if (named.length === 0) return undefined;
  const wanted = JSON.stringify(call.arguments);
  return named.find(({ use }) => JSON.stringify(use.arguments) === wanted) ?? named[0];
}

function findTold(call: CallPart, turn: Turn, free: ReadonlySet<Told>): Told | undefined {
  for (const told of free)
    if (told.turn.startNanos >= turn.startNanos && told.part.name === call.name) return told;
  return undefined;
}
