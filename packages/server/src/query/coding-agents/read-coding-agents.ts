import {
  type CodingAgentName,
  codingAgentName,
  type CodingAgentsParameters,
  type CodingAgentsResponse,
} from '@sightline/schema/api';
import type { PriceBook } from '@sightline/schema/conventions';
import { decodeTime } from '../decode-row.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { readListRange } from '../time-range.ts';
import { type EventRow, selectEvents, selectTools, type ToolRow } from './event-rows.ts';
import { type MetricRow, selectMetrics } from './metric-rows.ts';
import { selectSpans, type SpanRow } from './span-rows.ts';
import {
  describeSession,
  type SessionTally,
  sumModels,
  sumSessions,
  type Tally,
  tallySessions,
} from './tally.ts';

const rowsMax = 20_000;

/** Claude Code, Codex CLI and Gemini CLI over a window, from whatever they send: events, metrics, spans. */
export async function readCodingAgents(
  context: QueryContext,
  parameters: CodingAgentsParameters,
  prices: Pick<PriceBook, 'priceOf'>,
): Promise<CodingAgentsResponse> {
  const reader = new Reader(context);
  const window = readListRange(parameters, context.clock);
  const { project } = context;
  const newestOf = async <Row>(select: typeof selectEvents): Promise<readonly Row[]> => {
    const rows = await reader.rows<Row>(select(project, window, rowsMax + 1));
    if (rows.length > rowsMax)
      reader.meet({
        limit: 'rows',
        message: 'More sessions than can be added up; the oldest are left out. Shorten the range.',
      });
    return rows.slice(0, rowsMax);
  };
  await reader.settle();
  const [events, metrics, spans, tools] = await Promise.all([
    newestOf<EventRow>(selectEvents),
    newestOf<MetricRow>(selectMetrics),
    newestOf<SpanRow>(selectSpans),
    newestOf<ToolRow>(selectTools),
  ]);
  const all = tallySessions({ events, metrics, spans }, prices);
  const sessions = all
    .filter((session) => isWanted(session, parameters))
    .map((session) => ofModel(session, parameters.model));
  // Counts that name no session, such as Codex's time at work, are in the sums alone.
  const listed = sessions.filter(({ session, source }) => session !== '' || source !== null);
  const newest = listed.toSorted((one, other) => (one.lastText < other.lastText ? 1 : -1));
  return {
    totals: sumSessions(sessions),
    agents: codingAgentName.options.flatMap((agent) => describeAgent(agent, sessions)),
    users: describeUsers(sessions),
    models: describeModels(sessions),
    tools: describeTools(tools, sessions, parameters.model),
    sessions: newest.slice(0, parameters.limit).map(describeSession),
    sessionCount: listed.length,
    ...reader.limitsMet,
  };
}

function isWanted(session: SessionTally, request: CodingAgentsParameters): boolean {
  return (
    (request.agent === undefined || session.agent === request.agent) &&
    (request.user === undefined || session.user === request.user) &&
    (request.session === undefined || session.session === request.session) &&
    (request.model === undefined || session.models.has(request.model))
  );
}

function ofModel(session: SessionTally, model: string | undefined): SessionTally {
  if (model === undefined) return session;
  return { ...session, models: new Map([...session.models].filter(([name]) => name === model)) };
}

function describeAgent(agent: CodingAgentName, all: readonly SessionTally[]): CodingAgentsResponse['agents'] {
  const sessions = all.filter((session) => session.agent === agent);
  if (sessions.length === 0) return [];
  const versions = [...new Set(sessions.map(({ version }) => version).filter((version) => version !== ''))];
  const lastText = sessions
    .map((session) => session.lastText)
    .reduce((last, text) => (text > last ? text : last));
  return [{ agent, ...sumSessions(sessions), versions: versions.toSorted(), lastSeen: decodeTime(lastText) }];
}

function describeUsers(sessions: readonly SessionTally[]): CodingAgentsResponse['users'] {
  return [...Map.groupBy(sessions, ({ user }) => user)]
    .map(([user, own]) => ({ user: user === '' ? null : user, ...sumSessions(own) }))
    .toSorted((one, other) => (other.costUsd ?? 0) - (one.costUsd ?? 0) || other.sessions - one.sessions);
}

function describeModels(sessions: readonly SessionTally[]): CodingAgentsResponse['models'] {
  const rows = sessions.flatMap(({ agent, models }) =>
    [...models.values()].map((tally) => ({ agent, tally })),
  );
  const worked = rows.filter(({ tally }) => hasWorked(tally));
  return [...Map.groupBy(worked, ({ tally }) => tally.model)]
    .map(([model, own]) => ({
      model: model === '' ? null : model,
      agents: [...new Set(own.map(({ agent }) => agent))],
      ...sumModels(own.map(({ tally }) => tally)),
    }))
    .toSorted((one, other) => (other.costUsd ?? 0) - (one.costUsd ?? 0) || other.calls - one.calls);
}

function hasWorked({ calls, errors, inputTokens, outputTokens, costUsd }: Tally): boolean {
  return calls + errors + inputTokens + outputTokens > 0 || costUsd !== null;
}

function describeTools(
  rows: readonly ToolRow[],
  sessions: readonly SessionTally[],
  model: string | undefined,
): CodingAgentsResponse['tools'] {
  const wanted = new Set(sessions.map(({ agent, session }) => `${agent}\n${session}`));
  // Decisions and results of Claude Code name no model.
  const own = rows.filter(
    (row) =>
      wanted.has(`${row.agent}\n${row.session}`) &&
      (model === undefined || row.model === '' || row.model === model),
  );
  return [...Map.groupBy(own, ({ agent, tool }) => `${agent}\n${tool}`).values()]
    .flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const sum = (name: 'calls' | 'failures' | 'accepted' | 'rejected'): number =>
        group.reduce((total, row) => total + Number(row[name]), 0);
      const { agent, tool } = first;
      return [
        {
          agent,
          tool,
          calls: sum('calls'),
          failures: sum('failures'),
          accepted: sum('accepted'),
          rejected: sum('rejected'),
        },
      ];
    })
    .toSorted((one, other) => other.calls - one.calls);
}
