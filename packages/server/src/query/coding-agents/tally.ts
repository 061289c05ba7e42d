/**
 * Puts events, metrics and spans of coding agents together, session by session. The three tell of the same work: for each session tokens and
 * cost are taken from one of them alone, the most exact that is there.
 */
import type { CodingAgentName, CodingAgentsResponse, CodingAgentTotals } from '@sightline/schema/api';
import type { PriceBook } from '@sightline/schema/conventions';
import { decodeTime } from '../decode-row.ts';
import type { CallTuple, EventRow } from './event-rows.ts';
import type { MetricRow } from './metric-rows.ts';
import type { SpanRow } from './span-rows.ts';

/** One model in one session; what knows no model stands under ''. */
export interface Tally {
  readonly model: string;
  calls: number;
  errors: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  costUsd: number | null;
  unpricedCalls: number;
}

export interface SessionTally {
  readonly agent: CodingAgentName;
  readonly session: string;
  user: string;
  version: string;
  firstText: string;
  lastText: string;
  source: 'events' | 'metrics' | 'spans' | null;
  prompts: number;
  toolCalls: number;
  toolFailures: number;
  toolsAccepted: number | null;
  toolsRejected: number | null;
  linesAdded: number | null;
  linesRemoved: number | null;
  commits: number | null;
  pullRequests: number | null;
  activeSeconds: number | null;
  /** What was started according to a counter, where sessions have no id. */
  started: number;
  readonly models: Map<string, Tally>;
}

const providers: Readonly<Record<CodingAgentName, string>> = {
  'claude-code': 'anthropic',
  codex: 'openai',
  'gemini-cli': 'gcp.gemini',
};

export interface CodingRows {
  readonly events: readonly EventRow[];
  readonly metrics: readonly MetricRow[];
  readonly spans: readonly SpanRow[];
}

export function tallySessions(rows: CodingRows, prices: Pick<PriceBook, 'priceOf'>): readonly SessionTally[] {
  const sessions = new Map<string, SessionTally>();
  const at = (
    row: Pick<EventRow, 'agent' | 'session' | 'user' | 'version' | 'firstText' | 'lastText'>,
  ): SessionTally => {
    // What names no session is told apart by who did it.
    const key = [row.agent, row.session, row.session === '' ? row.user : ''].join('\n');
    const known = sessions.get(key);
    const tally = known ?? emptySession(row);
    if (known === undefined) sessions.set(key, tally);
    if (row.user > tally.user) tally.user = row.user;
    if (row.version > tally.version) tally.version = row.version;
    if (row.firstText < tally.firstText) tally.firstText = row.firstText;
    if (row.lastText > tally.lastText) tally.lastText = row.lastText;
    return tally;
  };
  for (const row of rows.events) addEvents(at(row), row, prices);
  // Metrics of Codex name no session: where its events are there, they would count the same work again.
  const hasEvents = new Set(rows.events.filter(({ calls }) => calls.length > 0).map(({ agent }) => agent));
  for (const row of rows.metrics)
    if (row.session !== '' || !hasEvents.has(row.agent) || !repeatsEvents.has(row.name))
      addMetric(at(row), row);
  for (const row of rows.spans) addSpans(at(row), row, prices);
  return [...sessions.values()];
}

/** Metrics that tell again what events tell. */
const repeatsEvents = new Set([
  'codex.turn.token_usage',
  'codex.tool.call',
  'codex.thread.started',
  'gemini_cli.token.usage',
  'claude_code.token.usage',
  'claude_code.cost.usage',
]);

function addEvents(tally: SessionTally, row: EventRow, prices: Pick<PriceBook, 'priceOf'>): void {
  tally.prompts += Number(row.prompts);
  tally.toolCalls += Number(row.toolCalls);
  tally.toolFailures += Number(row.toolFailures);
  if (Number(row.accepted) + Number(row.rejected) > 0) {
    tally.toolsAccepted = (tally.toolsAccepted ?? 0) + Number(row.accepted);
    tally.toolsRejected = (tally.toolsRejected ?? 0) + Number(row.rejected);
  }
  if (row.calls.length === 0 && Number(row.errors) === 0) return;
  tally.source = 'events';
  const model = modelOf(tally, row.model);
  model.errors += Number(row.errors);
  for (const call of row.calls) addCall(model, tally.agent, call, prices);
}

function addCall(
  model: Tally,
  agent: CodingAgentName,
  call: CallTuple,
  prices: Pick<PriceBook, 'priceOf'>,
): void {
  const [timeMs, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reported] = call;
  model.calls += 1;
  model.inputTokens += inputTokens;
  model.outputTokens += outputTokens;
  model.cacheReadTokens += cacheReadTokens;
  const usage = { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens };
  const computed = (): number | undefined =>
    prices.priceOf({ provider: providers[agent], model: model.model, timeMs: Number(timeMs), ...usage })?.usd;
  addCost(model, reported ?? computed());
}

function addCost(model: Tally, costUsd: number | null | undefined): void {
  if (costUsd === null || costUsd === undefined) model.unpricedCalls += 1;
  else model.costUsd = (model.costUsd ?? 0) + costUsd;
}

function addMetric(tally: SessionTally, row: MetricRow): void {
  const { name, kind, added } = row;
  const isFromMetrics = tally.source === null || tally.source === 'metrics';
  switch (name) {
    case 'claude_code.session.count':
    case 'gemini_cli.session.count':
    case 'codex.thread.started':
      tally.started += added;
      return;
    case 'claude_code.lines_of_code.count':
    case 'gemini_cli.lines.changed':
      if (kind === 'added') tally.linesAdded = (tally.linesAdded ?? 0) + added;
      if (kind === 'removed') tally.linesRemoved = (tally.linesRemoved ?? 0) + added;
      return;
    case 'claude_code.commit.count':
      tally.commits = (tally.commits ?? 0) + added;
      return;
    case 'claude_code.pull_request.count':
      tally.pullRequests = (tally.pullRequests ?? 0) + added;
      return;
    case 'claude_code.active_time.total':
      tally.activeSeconds = (tally.activeSeconds ?? 0) + added;
      return;
    case 'codex.turn.e2e_duration_ms':
      tally.activeSeconds = (tally.activeSeconds ?? 0) + added / 1000;
      return;
    case 'claude_code.cost.usage':
      if (!isFromMetrics) return;
      tally.source = 'metrics';
      addReported(modelOf(tally, row.model), added);
      return;
    case 'claude_code.token.usage':
    case 'gemini_cli.token.usage':
    case 'codex.turn.token_usage':
      if (!isFromMetrics) return;
      tally.source = 'metrics';
      addTokens(modelOf(tally, row.model), tally.agent, kind, added);
      return;
    case 'claude_code.code_edit_tool.decision':
      if (tally.source !== 'events') addDecision(tally, kind, added);
      return;
    default:
      if (isFromMetrics) addOtherCounts(tally, row);
  }
}

function addReported(model: Tally, added: number): void {
  model.costUsd = (model.costUsd ?? 0) + added;
}

function addOtherCounts(tally: SessionTally, { name, kind, success, model, added }: MetricRow): void {
  if (name === 'gemini_cli.api.request.count') {
    const at = modelOf(tally, model);
    tally.source = 'metrics';
    if (Number(success) >= 400) at.errors += added;
    else at.calls += added;
  } else {
    tally.toolCalls += added;
    if (success === 'false') tally.toolFailures += added;
    if (kind !== '') addDecision(tally, kind, added);
  }
}

function addDecision(tally: SessionTally, decision: string, added: number): void {
  const isAccepted = ['accept', 'auto_accept', 'modify'].includes(decision);
  tally.toolsAccepted = (tally.toolsAccepted ?? 0) + (isAccepted ? added : 0);
  tally.toolsRejected = (tally.toolsRejected ?? 0) + (isAccepted ? 0 : added);
}

/** Claude Code counts cached input apart; Gemini CLI counts thoughts apart; Codex counts both in. */
function addTokens(model: Tally, agent: CodingAgentName, kind: string, added: number): void {
  const isCacheRead = ['cacheRead', 'cache', 'cached_input'].includes(kind);
  if (isCacheRead) model.cacheReadTokens += added;
  if (kind === 'input' || (agent === 'claude-code' && (kind === 'cacheRead' || kind === 'cacheCreation')))
    model.inputTokens += added;
  if (kind === 'output' || (agent === 'gemini-cli' && kind === 'thought')) model.outputTokens += added;
}

function addSpans(tally: SessionTally, row: SpanRow, prices: Pick<PriceBook, 'priceOf'>): void {
  if (tally.source === 'events' || tally.source === 'metrics') return;
  tally.source = 'spans';
  tally.toolCalls += Number(row.toolCalls);
  tally.toolFailures += Number(row.toolFailures);
  const [only] = row.billed;
  const errors = modelOf(tally, only?.[1] ?? '');
  errors.errors += Number(row.errors);
  for (const [provider, name, input, output, cacheRead, cost] of row.billed) {
    const model = modelOf(tally, name);
    model.calls += 1;
    model.inputTokens += input ?? 0;
    model.outputTokens += output ?? 0;
    model.cacheReadTokens += cacheRead ?? 0;
    const usage = {
      inputTokens: input,
      outputTokens: output,
      cacheReadTokens: cacheRead,
    };
    const timeMs = Date.parse(decodeTime(row.firstText));
    addCost(model, cost ?? prices.priceOf({ provider, model: name, timeMs, ...usage })?.usd);
  }
}

function modelOf(tally: SessionTally, model: string): Tally {
  const known = tally.models.get(model);
  if (known !== undefined) return known;
  const made = {
    model,
    calls: 0,
    errors: 0,
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    costUsd: null,
    unpricedCalls: 0,
  };
  tally.models.set(model, made);
  return made;
}

function emptySession(
  row: Pick<EventRow, 'agent' | 'session' | 'user' | 'version' | 'firstText' | 'lastText'>,
): SessionTally {
  return {
    agent: row.agent,
    session: row.session,
    user: row.user,
    version: row.version,
    firstText: row.firstText,
    lastText: row.lastText,
    source: null,
    prompts: 0,
    toolCalls: 0,
    toolFailures: 0,
    toolsAccepted: null,
    toolsRejected: null,
    linesAdded: null,
    linesRemoved: null,
    commits: null,
    pullRequests: null,
    activeSeconds: null,
    started: 0,
    models: new Map(),
  };
}

const nullable = [
  'toolsAccepted',
  'toolsRejected',
  'linesAdded',
  'linesRemoved',
  'commits',
  'pullRequests',
  'activeSeconds',
] as const;
const counted = [
  'calls',
  'errors',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'unpricedCalls',
] as const;

/** The sums of some sessions. What none of them told stays unknown. */
export function sumSessions(sessions: readonly SessionTally[]): CodingAgentTotals {
  const models = sessions.flatMap((session) => [...session.models.values()]);
  const named = sessions.filter(({ session }) => session !== '');
  const unnamed = sessions.filter(({ session }) => session === '');
  return {
    sessions: named.length + Math.round(add(unnamed.map(({ started }) => started))),
    prompts: add(sessions.map(({ prompts }) => prompts)),
    toolCalls: Math.round(add(sessions.map(({ toolCalls }) => toolCalls))),
    toolFailures: Math.round(add(sessions.map(({ toolFailures }) => toolFailures))),
    ...sumModels(models),
    ...(Object.fromEntries(
      nullable.map((name) => {
        const sum = addKnown(sessions.map((session) => session[name]));
        return [name, sum !== null && name !== 'activeSeconds' ? Math.round(sum) : sum];
      }),
    ) as Pick<CodingAgentTotals, (typeof nullable)[number]>),
  };
}

export function sumModels(
  models: readonly Tally[],
): Pick<CodingAgentTotals, (typeof counted)[number] | 'costUsd'> {
  const sums = Object.fromEntries(
    counted.map((name) => [name, Math.round(add(models.map((model) => model[name])))]),
  );
  return {
    ...(sums as Record<(typeof counted)[number], number>),
    costUsd: addKnown(models.map(({ costUsd }) => costUsd)),
  };
}

const add = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

function addKnown(numbers: readonly (number | null)[]): number | null {
  const known = numbers.filter((number) => number !== null);
  return known.length === 0 ? null : add(known);
}

export function describeSession(session: SessionTally): CodingAgentsResponse['sessions'][number] {
  const { sessions: _one, ...totals } = sumSessions([session]);
  return {
    ...totals,
    agent: session.agent,
    sessionId: session.session === '' ? null : session.session,
    user: session.user === '' ? null : session.user,
    models: [...session.models.keys()].filter((model) => model !== '').toSorted(),
    firstSeen: decodeTime(session.firstText),
    lastSeen: decodeTime(session.lastText),
    source: session.source,
  };
}
