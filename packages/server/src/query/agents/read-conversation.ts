/** What was said in a run or in a session, each message once. */
import { unixNano } from '@sightline/base';
import type {
  ConversationParameters,
  ConversationResponse,
  PartParameters,
  PartResponse,
  SessionConversationParameters,
  TurnParameters,
  TurnResponse,
} from '@sightline/schema/api';
import type { Message } from '@sightline/schema/conventions';
import { SightlineError } from '@sightline/schema/errors';
import { readCursor, writeCursor } from '../cursor.ts';
import { normalTraceId } from '../read-trace.ts';
import type { TraceExtent } from '../trace-extent.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { runRows } from '../sql/runs-sql.ts';
import { sql, string, uint } from '../sql/sql.ts';
import { readListRange, type TimeRange } from '../time-range.ts';
import { beginningOf, isSettled } from './conversation/beginning.ts';
import {
  asTurn,
  type Description,
  describeTurn,
  partText,
  type PlacedTurn,
  valueText,
  wholeCharacters,
} from './conversation/describe-turn.ts';
import { HistoryFolder } from './conversation/fold-history.ts';
import { type FoundOutcome, joinTools, type JoinedTools } from './conversation/join-tools.ts';
import {
  messagesOf,
  readMessageLogs,
  readPayloads,
  type RunMessages,
  type RunPayloads,
} from './conversation/read-messages.ts';
import { byTime } from './conversation/turn.ts';
import { openRun } from './open-run.ts';
import type { RunTree } from './run-tree.ts';
import { settledRuns } from './settled-runs.ts';

interface Conversation {
  readonly turns: readonly PlacedTurn[];
  readonly tools: JoinedTools;
  readonly isRecorded: boolean;
}

export async function readRunConversation(
  context: QueryContext,
  { traceId, ...parameters }: ConversationParameters & { readonly traceId: string },
): Promise<ConversationResponse> {
  const reader = new Reader(context);
  const id = normalTraceId(traceId);
  const { limit, cursor } = parameters;
  return pageOf(reader, id, await readSaid(reader, id, cursor === undefined ? limit : Infinity), parameters);
}

/** Runs of a session whose messages are read. */
const sessionRunsMax = 100;
/** Each holds its payloads while it is read. */
const runsAtOnce = 4;

/** The runs of a session as one conversation: what an earlier run said is not told again. */
export async function readSessionConversation(
  context: QueryContext,
  { id, ...parameters }: SessionConversationParameters & { readonly id: string },
): Promise<ConversationResponse> {
  const reader = new Reader(context);
  const window = readListRange(parameters, context.clock);
  const scope = await settledRuns(reader, window);
  const ofSession = runRows({
    scope,
    where: sql`session_id = ${string(id)}`,
    groups: { by: 'session', ids: [id] },
  });
  const rows = await reader.rows<{ traceId: string }>(sql`
    SELECT lower(hex(trace_id)) AS traceId FROM (${ofSession}) ORDER BY startNanos, trace_id LIMIT ${uint(sessionRunsMax + 1)}`);
  if (rows.length > sessionRunsMax)
    reader.meet({ limit: 'rows', message: `The first ${sessionRunsMax} runs of the session are shown.` });
  const runs: RunMessages[] = [];
  for (const some of inChunks(rows.slice(0, sessionRunsMax), runsAtOnce)) {
    const read = some.map(async ({ traceId }) => {
      const { tree, also } = await openRun(reader, traceId, {
        also: (extent) => readPayloads(reader, traceId, extent),
      });
      return messagesOf(reader, tree, also);
    });
    runs.push(...(await Promise.all(read)));
  }
  return pageOf(reader, `session ${id}`, place(runs), parameters);
}

/** One turn with its whole prompt, or the call of a tool with what came of it. Throws `span_not_found` where the span is neither. */
export async function readTurn(
  context: QueryContext,
  { traceId, spanId, partCharacters }: TurnParameters & { readonly traceId: string; readonly spanId: string },
): Promise<TurnResponse> {
  const reader = new Reader(context);
  const said = await readSaid(reader, traceId);
  const id = spanId.toLowerCase();
  const turn = said.turns.find((each) => each.turn.spanId === id);
  const found = turn === undefined ? toolTurn(said.tools, id) : { turn, tools: said.tools };
  if (found === undefined) throw turnNotFound(spanId);
  const { tools } = found;
  return { turn: describeTurn(found.turn, { tools, partCharacters, isWhole: true }), ...reader.limitsMet };
}

/** The span of a tool that stands at its call in the turn of a model, by itself. */
function toolTurn(
  tools: JoinedTools,
  spanId: string,
): { readonly turn: PlacedTurn; readonly tools: JoinedTools } | undefined {
  const outcome = outcomeOf(tools, spanId);
  if (outcome === undefined) return undefined;
  const turn = asTurn(outcome.run);
  const [call] = turn.output[0]?.parts ?? [];
  const outcomes = new Map(call?.type === 'tool_call' ? [[call, outcome]] : []);
  return { turn: { turn, fresh: [], follows: null }, tools: { ...tools, outcomes } };
}

function outcomeOf(tools: JoinedTools, spanId: string): Extract<FoundOutcome, { from: 'span' }> | undefined {
  for (const each of tools.outcomes.values())
    if (each.from === 'span' && each.run.spanId === spanId) return each;
  return undefined;
}

/** A piece of one part, for what was cut. */
export async function readPart(
  context: QueryContext,
  {
    traceId,
    spanId,
    partId,
    offset,
    limit,
  }: PartParameters & { readonly traceId: string; readonly spanId: string; readonly partId: string },
): Promise<PartResponse> {
  const reader = new Reader(context);
  const whole = await readSaid(reader, traceId);
  const found = findPart(whole, spanId.toLowerCase(), partId);
  if (found === undefined) throw turnNotFound(`${spanId} part ${partId}`);
  const end = wholeCharacters(found.text, Math.min(found.text.length, offset + limit));
  return {
    partId,
    type: found.type,
    text: found.text.slice(offset, end),
    offset,
    characters: found.text.length,
    nextOffset: end < found.text.length && end > offset ? end : null,
  };
}

/** Of runs that are kept for a while, without records of logs and short enough: these go when their trees go. */
const known = new WeakMap<RunTree, KnownConversation>();
const knownCharactersMax = 4 << 20;

interface KnownConversation {
  readonly conversation: Conversation;
  /** The first so many are right. */
  readonly turns: number;
}

/** Everything that was said in a run, or as much as its first turns need. */
async function readSaid(reader: Reader, traceId: string, turns = Infinity): Promise<Conversation> {
  const id = normalTraceId(traceId);
  const { tree, also } = await openRun(reader, id, {
    also: async (within, before) => {
      if (before === undefined) return { payloads: await readPayloads(reader, id, within) };
      // Put together while the engine is asked whether the tree is that of now.
      return { conversation: await readOfTree(reader, before.tree, { within, turns }) };
    },
  });
  return also.conversation ?? putTogether(reader, tree, also.payloads);
}

async function readOfTree(
  reader: Reader,
  tree: RunTree,
  { within, turns }: { readonly within: TraceExtent; readonly turns: number },
): Promise<Conversation> {
  const { traceId } = tree;
  const kept = known.get(tree);
  if (
    kept !== undefined &&
    kept.turns >= turns &&
    (await readMessageLogs(reader, traceId, within)).length === 0
  )
    return kept.conversation;
  const beginning = beginningOf(tree, turns);
  if (beginning !== undefined) {
    const payloads = await readPayloads(reader, traceId, within, beginning);
    const messages = messagesOf(reader, tree, payloads, beginning);
    const conversation = place([messages]);
    if (payloads.logs.length === 0 && isSettled(tree, conversation, beginning)) {
      keep(reader, tree, { conversation, turns, characters: messages.characters });
      return conversation;
    }
  }
  return putTogether(reader, tree, await readPayloads(reader, traceId, within));
}

function putTogether(reader: Reader, tree: RunTree, payloads: RunPayloads): Conversation {
  const messages = messagesOf(reader, tree, payloads);
  const conversation = place([messages]);
  if (payloads.logs.length === 0)
    keep(reader, tree, { conversation, turns: Infinity, characters: messages.characters });
  return conversation;
}

function keep(
  reader: Reader,
  tree: RunTree,
  { conversation, turns, characters }: KnownConversation & { readonly characters: number },
): void {
  const isWhole = reader.limitsMet.limitsMet === undefined;
  if (isWhole && characters <= knownCharactersMax) known.set(tree, { conversation, turns });
}

function* inChunks<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}

/** Puts turns in order, folds what they repeat, and joins the tools to their calls. */
function place(runs: readonly RunMessages[]): Conversation {
  const ordered = runs.flatMap(({ turns }) => turns).toSorted(byTime);
  const folder = new HistoryFolder();
  const placed = ordered.map((turn): PlacedTurn => {
    const { follows, fresh } = folder.add(turn.input, turn.output);
    return { turn, fresh, follows: ordered[follows]?.spanId ?? null };
  });
  const tools = joinTools(placed, runs.flatMap((run) => run.tools).toSorted(byTime));
  const alone = tools.alone.map((run) => ({ run, turn: asTurn(run) }));
  const outcomes = new Map(tools.outcomes);
  for (const { run, turn } of alone)
    for (const part of turn.output[0]?.parts ?? [])
      if (part.type === 'tool_call') outcomes.set(part, { from: 'span', run, messageResult: undefined });
  const turns = [...placed, ...alone.map(({ turn }): PlacedTurn => ({ turn, fresh: [], follows: null }))];
  return {
    turns: turns.toSorted((a, b) => byTime(a.turn, b.turn)),
    tools: { ...tools, outcomes },
    isRecorded:
      ordered.length > 0 ||
      runs.some((run) =>
        run.tools.some(({ use }) => use.arguments !== undefined || use.result !== undefined),
      ),
  };
}

function pageOf(
  reader: Reader,
  of: string,
  { turns, tools, isRecorded }: Conversation,
  { limit, cursor, partCharacters }: ConversationParameters,
): ConversationResponse {
  const query = ['conversation', of];
  const after = cursor === undefined ? undefined : readCursor(query, cursor).after;
  const rest =
    after === undefined
      ? turns
      : turns.filter(({ turn }) => isAfter([turn.startNanos, turn.spanId ?? ''], after));
  const shown = rest.slice(0, limit);
  const last = rest.length > limit ? shown.at(-1)?.turn : undefined;
  const description: Description = { tools, partCharacters, isWhole: false };
  return {
    turns: shown.map((turn) => describeTurn(turn, description)),
    isRecorded,
    nextCursor:
      last === undefined
        ? null
        : writeCursor(query, noRange, [last.startNanos.toString(), last.spanId ?? '']),
    ...reader.limitsMet,
  };
}

const start = unixNano(0n);
const noRange: { range: TimeRange; snapshot: TimeRange['from']; after: undefined } = {
  range: { from: start, to: start, newest: start },
  snapshot: start,
  after: undefined,
};

function isAfter([time, id]: readonly [bigint, string], [key = '0', last = '']: readonly string[]): boolean {
  const lastTime = BigInt(key);
  return time > lastTime || (time === lastTime && id > last);
}

function findPart(
  { turns, tools }: Pick<Conversation, 'turns' | 'tools'>,
  spanId: string,
  partId: string,
): { readonly type: string; readonly text: string } | undefined {
  const [kind = '', otherSpan = '', otherPart = ''] = partId.split(':');
  if (kind === 'm') return findPart({ turns, tools }, otherSpan, otherPart);
  if (kind === 't') {
    const outcome = outcomeOf(tools, otherSpan);
    return outcome === undefined
      ? undefined
      : { type: 'tool_result', text: valueText(outcome.run.use.result ?? outcome.messageResult?.result) };
  }
  const [, side, message = '', index = ''] = /^([io])(\d{1,6})\.(\d{1,6})$/.exec(partId) ?? [];
  const turn = turns.find((each) => each.turn.spanId === spanId)?.turn;
  const messages: readonly Message[] = (side === 'i' ? turn?.input : turn?.output) ?? [];
  const part = messages[Number(message)]?.parts[Number(index)];
  return part === undefined || side === undefined ? undefined : { type: part.type, text: partText(part) };
}

function turnNotFound(what: string): SightlineError {
  return new SightlineError('span_not_found', `"${what.slice(0, 100)}" is no turn of this conversation.`, {
    hint: 'Turns are listed at /api/v1/runs/{traceId}/conversation; spans at /api/v1/traces/{traceId}.',
  });
}
