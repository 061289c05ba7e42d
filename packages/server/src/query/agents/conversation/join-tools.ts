/**
 * Finds for each call of a tool what came of it: the span of the tool, by the id of the call, else by name, arguments and order; or else the message
 * in which a later prompt tells the model.
 */
import type { Message, MessagePart } from '@sightline/schema/conventions';
import { firstWhere, NearItems } from './near-items.ts';
import type { ToolRun, Turn } from './turn.ts';

type CallPart = Extract<MessagePart, { type: 'tool_call' }>;
type ResultPart = Extract<MessagePart, { type: 'tool_result' }>;

export type FoundOutcome =
  | { readonly from: 'span'; readonly run: ToolRun; readonly messageResult: ResultPart | undefined }
  | {
      readonly from: 'message';
      readonly messageResult: ResultPart;
      readonly turn: Turn;
      readonly partId: string;
    };

export interface JoinedTools {
  readonly outcomes: ReadonlyMap<CallPart, FoundOutcome>;
  /** Results that stand at their calls. */
  readonly joined: ReadonlySet<ResultPart>;
  /** Runs of tools that no message calls. */
  readonly alone: readonly ToolRun[];
}

/** A part of a message that is shown: results come after their calls in the order of what is shown. */
interface Placed<Part> {
  readonly part: Part;
  /** Of the call; absent where it says nothing, see `withoutPlaces`. */
  readonly id: string | undefined;
  /** Of the tool. */
  readonly name: string | undefined;
  readonly turn: Turn;
  readonly partId: string;
  /** Of the part in its message. */
  readonly place: number;
  readonly order: number;
}
type PlacedResult = Placed<ResultPart>;
interface Called extends Placed<CallPart> {
  /** Sent to the model, so that what came of it lies before the turn. */
  readonly isPast: boolean;
  /** Nothing before then is meant by what is told without an id, in nanoseconds. */
  readonly notBefore: bigint;
}

/** A prompt repeats calls of its run that no turn made, as far back as so many turns. */
export const pastTurnsMax = 100;

/** `turns` in the order of time, with the messages that are shown; `runs` in that order too. */
export function joinTools(
  turns: readonly { readonly turn: Turn; readonly fresh: readonly number[] }[],
  runs: readonly ToolRun[],
): JoinedTools {
  const unclaimed = new Set(runs);
  const runsByName = new NearItems(
    runs,
    ({ use }) => use.name,
    (run) => run,
  );
  const runsById = new NearItems(
    runs,
    ({ use }) => use.callId,
    (run) => run,
  );
  const { calls, results } = withoutPlaces(shownOf(turns));
  const resultsById = new NearItems(
    results,
    ({ id }) => id,
    ({ turn }) => turn,
  );
  const freeResults = new Set(results.filter(({ id }) => id === undefined));
  const freeByName = Map.groupBy(freeResults, ({ name }) => name);
  const outcomes = new Map<CallPart, FoundOutcome>();
  const joined = new Set<ResultPart>();
  for (const call of calls) {
    const { part, id } = call;
    const run =
      (id === undefined ? undefined : runOfId(call, runsById.nearest(call.turn, id), unclaimed)) ??
      runOfName(call, runsByName, unclaimed);
    const messageResult =
      (id === undefined ? undefined : resultOfId(call, resultsById.nearest(call.turn, id))) ??
      resultOfName(call, freeResults, freeByName.get(part.name));
    if (messageResult !== undefined) {
      joined.add(messageResult.part);
      freeResults.delete(messageResult);
    }
    if (run !== undefined) {
      unclaimed.delete(run);
      outcomes.set(part, { from: 'span', run, messageResult: messageResult?.part });
    } else if (messageResult !== undefined) {
      outcomes.set(part, {
        from: 'message',
        messageResult: messageResult.part,
        turn: messageResult.turn,
        partId: messageResult.partId,
      });
    }
  }
  // The same result is often told again under the same id.
  const firstTold = new Map(results.toReversed().map(({ part, id }) => [id, part]));
  for (const { part, id } of results) if (id !== undefined && firstTold.get(id) !== part) joined.add(part);
  return { outcomes, joined, alone: [...unclaimed] };
}

interface Shown {
  readonly calls: readonly Called[];
  readonly results: readonly PlacedResult[];
}

/** The calls and results in the messages that are shown. What was called last in a prompt is looked for first: it lies nearest. */
function shownOf(turns: readonly { readonly turn: Turn; readonly fresh: readonly number[] }[]): Shown {
  const calls: Called[] = [];
  const results: PlacedResult[] = [];
  let order = 0;
  for (const [at, { turn, fresh }] of turns.entries()) {
    const notBefore = turns[at - pastTurnsMax]?.turn.startNanos ?? 0n;
    const past: Called[] = [];
    const look = ({ parts }: Message, place: string, isPast: boolean): void => {
      for (const [index, part] of parts.entries()) {
        if (part.type !== 'tool_call' && part.type !== 'tool_result') continue;
        const { id, name } = part;
        const partId = `${place}.${index}`;
        const placed = { id, name, turn, partId, place: index, order: (order += 1) };
        if (part.type === 'tool_call') (isPast ? past : calls).push({ ...placed, part, isPast, notBefore });
        else results.push({ ...placed, part });
      }
    };
    for (const index of fresh) {
      const message = turn.input[index];
      if (message !== undefined) look(message, `i${index}`, true);
    }
    calls.push(...past.toReversed());
    for (const [index, message] of turn.output.entries()) look(message, `o${index}`, false);
  }
  return { calls, results };
}

/**
 * Google ADK makes the id of a call, and apart from it that of its result, from the name of the tool and the place of the part in its message. The two
 * are different where a thought stands before the call, or one is that of another call: they say the name and nothing else.
 */
function withoutPlaces(shown: Shown): Shown {
  const isPlace = ({ id, name, place }: Called): boolean => id === `${name}_${place}`;
  const names = new Set(shown.calls.filter(isPlace).map(({ name }) => name));
  if (names.size === 0) return shown;
  return {
    calls: shown.calls.map((call) => (isPlace(call) ? { ...call, id: undefined } : call)),
    results: shown.results.map((result) => {
      const end = `_${result.place}`;
      const name = result.id?.endsWith(end) === true ? result.id.slice(0, -end.length) : undefined;
      return name !== undefined && names.has(name) ? { ...result, id: undefined, name } : result;
    }),
  };
}

/**
 * Of the runs with the id of a call: the first since its turn began, or, of what the turn was told, the last before; of the same agent and run of agents if there
 * is any. Some models number their calls anew in each run, or in each answer, and agents work side by side.
 */
function runOfId(
  { turn, isPast }: Called,
  runs: readonly ToolRun[],
  unclaimed: ReadonlySet<ToolRun>,
): ToolRun | undefined {
  const since = firstSince(runs, turn);
  const lastFree = (): ToolRun | undefined => {
    for (let at = since - 1; at >= 0; at -= 1) {
      const run = runs[at];
      if (run !== undefined && unclaimed.has(run)) return run;
    }
    return undefined;
  };
  // Clocks disagree: what began before its turn may be meant, unless it was another call.
  return isPast ? (lastFree() ?? runs[since - 1]) : (runs[since] ?? lastFree());
}

/** Without an id: the first unclaimed run since the turn began, with the same arguments if there is one; of what the turn was told, the last before with them. */
function runOfName(
  call: Called,
  runs: NearItems<ToolRun>,
  unclaimed: ReadonlySet<ToolRun>,
): ToolRun | undefined {
  const { ofAgent, ofRun } = runs.around(call.turn, call.part.name);
  for (const circle of [ofAgent, ofRun]) {
    let nearest: ToolRun | undefined;
    for (const run of call.isPast ? runsBefore(call, circle) : circle.slice(firstSince(circle, call.turn))) {
      const mayBeMeant = unclaimed.has(run) && (run.use.callId === undefined || call.id === undefined);
      if (!mayBeMeant) continue;
      if (hasArgumentsOf(run, call.part)) return run;
      nearest ??= run;
    }
    if (nearest !== undefined) return call.isPast ? undefined : nearest;
  }
  return undefined;
}

/** The last first. */
function runsBefore({ turn, notBefore }: Called, runs: readonly ToolRun[]): readonly ToolRun[] {
  const from = firstWhere(runs, ({ startNanos }) => startNanos >= notBefore);
  return runs.slice(from, firstSince(runs, turn)).toReversed();
}

const firstSince = (runs: readonly ToolRun[], turn: Turn): number =>
  firstWhere(runs, ({ startNanos }) => startNanos >= turn.startNanos);

export function hasArgumentsOf({ use }: ToolRun, call: CallPart): boolean {
  if (JSON.stringify(use.arguments) === JSON.stringify(call.arguments)) return true;
  // LangChain hands a tool with one argument the bare value.
  if (typeof use.arguments !== 'string' || typeof call.arguments !== 'object' || call.arguments === null)
    return false;
  const [only, ...others] = Object.values(call.arguments) as readonly unknown[];
  return others.length === 0 && String(only) === use.arguments;
}

/** The first that comes after the call. */
function resultOfId({ order }: Called, results: readonly PlacedResult[]): PlacedResult | undefined {
  return results[firstWhere(results, (messageResult) => messageResult.order > order)];
}

function resultOfName(
  { order }: Called,
  free: ReadonlySet<PlacedResult>,
  results: readonly PlacedResult[] = [],
): PlacedResult | undefined {
  for (
    let at = firstWhere(results, (messageResult) => messageResult.order > order);
    at < results.length;
    at += 1
  ) {
    const messageResult = results[at];
    if (messageResult !== undefined && free.has(messageResult)) return messageResult;
  }
  return undefined;
}
