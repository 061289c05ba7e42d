/** The sentences over the lists of agent views: what the visitor came for, in one line. */
import type {
  AgentFacts,
  McpResponse,
  ModelFacts,
  PerformanceResponse,
  Session,
  ToolFacts,
  User,
} from '@sightline/schema/api';
import { formatCount, formatShare, counted } from '@sightline/base';
import { describeRangeInSentence, type TimeRange } from './time-range.ts';
import { costSaid } from './runs-answer.ts';
import { costWords } from './usage-words.ts';
import { shorten } from './value-preview.ts';

interface Asked {
  readonly range: TimeRange;
  readonly nowMs: number;
  /** More rows follow those that are known. */
  readonly hasMore: boolean;
}

export function sessionsSentence(sessions: readonly Session[], asked: Asked): string {
  const when = describeRangeInSentence(asked.range, asked.nowMs);
  if (sessions.length === 0) return `No sessions ${when}`;
  const failed = sessions.filter((one) => one.failedRuns > 0).length;
  const count = `${atLeast(sessions.length, asked.hasMore)} ${sessions.length === 1 && !asked.hasMore ? 'session' : 'sessions'} ${when}`;
  if (asked.hasMore) return count;
  return failed === 0
    ? `${count}, none with a failed run`
    : `${formatCount(failed)} of ${count} had a failed run`;
}

export function usersSentence(users: readonly User[], asked: Asked): string {
  const when = describeRangeInSentence(asked.range, asked.nowMs);
  const costly = mostOf(users, (user) => user.costUsd);
  if (users.length === 0) return `No user is named in the runs ${when}`;
  const count = `${atLeast(users.length, asked.hasMore)} ${users.length === 1 && !asked.hasMore ? 'user' : 'users'} ${when}`;
  return costly?.costUsd === undefined || costly.costUsd === null
    ? count
    : `${count}; ${shortName(costly.userId)} cost most: ${costWords(costly)}`;
}

export function modelsSentence(models: readonly ModelFacts[], { range, nowMs, hasMore }: Asked): string {
  const when = describeRangeInSentence(range, nowMs);
  const named = models.filter(({ model }) => model !== '').length;
  if (models.length === 0) return `No model was called ${when}`;
  const costly = mostOf(models, (model) => model.costUsd);
  const sum = models.reduce((total, model) => total + (model.costUsd ?? 0), 0);
  if (costly === undefined || sum === 0)
    return named === 0
      ? `Nobody named a model ${when}`
      : `${listed(named, hasMore, 'model')} called ${when}, their cost unknown`;
  const share =
    models.length === 1 || hasMore ? '' : `, ${formatShare((costly.costUsd ?? 0) / sum)} of it all`;
  const name = costly.model === '' ? 'What names no model' : shortName(costly.model);
  return `${name} cost most ${when}: ${costWords(costly)}${share}`;
}

export function agentsSentence(agents: readonly AgentFacts[], { range, nowMs, hasMore }: Asked): string {
  const when = describeRangeInSentence(range, nowMs);
  if (agents.length === 0) return `No agent was at work ${when}`;
  const worst = mostOf(agents, (agent) => (agent.errors === 0 ? null : agent.errors));
  const count = `${listed(agents.length, hasMore, 'agent')} at work ${when}`;
  if (worst === undefined) return hasMore ? count : `${count}, none failed`;
  return `${count}; ${shortName(worst.agent)} failed most${amongListed(hasMore)}: ${formatCount(worst.errors)} of ${counted(worst.calls, 'time')}`;
}

export function toolsSentence(tools: readonly ToolFacts[], { range, nowMs, hasMore }: Asked): string {
  const when = describeRangeInSentence(range, nowMs);
  if (tools.length === 0) return `No tool was called ${when}`;
  const worst = mostOf(tools, (tool) => (tool.errors === 0 ? null : tool.errors));
  if (worst === undefined)
    return `${listed(tools.length, hasMore, 'tool')} called ${when}${hasMore ? '' : ', none failed'}`;
  return `${shortName(worst.tool)} failed most${amongListed(hasMore)} ${when}: ${formatCount(worst.errors)} of ${counted(worst.calls, 'call')} (${formatShare(worst.errorRate)})`;
}

/** `1,204 calls · 12 failed (1 %) · $3.20`, of those that are listed. */
export function callsDetail(
  rows: readonly {
    readonly calls: number;
    readonly errors: number;
    readonly costUsd?: number | null;
    readonly unpricedCalls?: number;
  }[],
  hasMore: boolean,
): string {
  const calls = rows.reduce((sum, row) => sum + row.calls, 0);
  const errors = rows.reduce((sum, row) => sum + row.errors, 0);
  if (calls === 0) return '';
  const parts = [counted(calls, 'call')];
  parts.push(errors === 0 ? 'none failed' : `${formatCount(errors)} failed (${formatShare(errors / calls)})`);
  const cost = sumCosts(
    rows.map((row) => ({ costUsd: row.costUsd ?? null, unpricedCalls: row.unpricedCalls ?? 0 })),
  );
  if (cost.costUsd !== null || cost.unpricedCalls > 0) parts.push(costSaid(cost));
  return `${parts.join(' · ')}${ofListed(rows.length, hasMore)}`;
}

/** `204 runs · 12 failed · $3.20`, of those that are listed. */
export function groupsDetail(
  rows: readonly Pick<Session, 'runs' | 'failedRuns' | 'costUsd' | 'unpricedCalls'>[],
  hasMore: boolean,
): string {
  const runs = rows.reduce((sum, row) => sum + row.runs, 0);
  const failed = rows.reduce((sum, row) => sum + row.failedRuns, 0);
  if (runs === 0) return '';
  const parts = [counted(runs, 'run'), failed === 0 ? 'none failed' : `${formatCount(failed)} failed`];
  const cost = sumCosts(rows);
  if (cost.costUsd !== null || cost.unpricedCalls > 0) parts.push(costSaid(cost));
  return `${parts.join(' · ')}${ofListed(rows.length, hasMore)}`;
}

function sumCosts(rows: readonly { readonly costUsd: number | null; readonly unpricedCalls: number }[]) {
  const known = rows.filter((row) => row.costUsd !== null);
  return {
    costUsd: known.length === 0 ? null : known.reduce((sum, row) => sum + (row.costUsd ?? 0), 0),
    unpricedCalls: rows.reduce((sum, row) => sum + row.unpricedCalls, 0),
  };
}

export function mcpSentence(
  { servers, tools, schemaChanges }: McpResponse,
  { range, nowMs }: Omit<Asked, 'hasMore'>,
): string {
  const when = describeRangeInSentence(range, nowMs);
  if (servers.length === 0) return `No call of an MCP server ${when}`;
  const calls = servers.reduce((sum, server) => sum + server.calls, 0);
  const errors = servers.reduce((sum, server) => sum + server.errors, 0);
  const failed =
    errors === 0 ? 'none failed' : `${formatCount(errors)} failed (${formatShare(errors / calls)})`;
  const changed = schemaChanges.filter((change) => change.change === 'changed').length;
  const changes =
    changed === 0
      ? ''
      : `; ${counted(changed, 'tool')} changed ${changed === 1 ? 'its definition' : 'their definitions'}`;
  return `${counted(calls, 'call')} of ${counted(tools.length, 'tool')} on ${counted(servers.length, 'MCP server')} ${when}, ${failed}${changes}`;
}

export function performanceSentence(found: PerformanceResponse, when: string): string {
  if (found.total === 0) return `No runs ${when}`;
  const kinds = Object.entries(found.findingCounts).filter(([, count]) => count > 0);
  if (kinds.length === 0) return `All ${counted(found.total, 'run')} ${when} stayed within the thresholds`;
  const words = kinds.map(([type, count]) => findingWords(type, count));
  const said = words.join(', ');
  return `${said.charAt(0).toUpperCase()}${said.slice(1)} among ${counted(found.total, 'run')} ${when}`;
}

function findingWords(type: string, count: number): string {
  if (type === 'high_error_rate') return 'too many failures';
  const noun: Readonly<Record<string, string>> = {
    slow_workflow: 'slow run',
    slow_step: 'slow step',
    slow_llm_call: 'slow model call',
    costly_workflow: 'costly run',
  };
  return counted(count, noun[type] ?? type);
}

/** A sentence is a line or two. */
function shortName(name: string): string {
  return shorten(name, 60);
}

/** `50+ agents`, where more follow. */
function listed(count: number, hasMore: boolean, noun: string): string {
  return hasMore ? `${atLeast(count, true)} ${noun}s` : counted(count, noun);
}

function ofListed(count: number, hasMore: boolean): string {
  return hasMore ? `, in the ${formatCount(count)} listed` : '';
}

function amongListed(hasMore: boolean): string {
  return hasMore ? ' of those listed' : '';
}

function atLeast(count: number, hasMore: boolean): string {
  return `${formatCount(count)}${hasMore ? '+' : ''}`;
}

function mostOf<T>(values: readonly T[], by: (value: T) => number | null): T | undefined {
  let best: T | undefined;
  for (const value of values) {
    const weight = by(value);
    if (weight !== null && (best === undefined || weight > (by(best) ?? Number.NEGATIVE_INFINITY)))
      best = value;
  }
  return best;
}
