/**
 * The metrics of coding agents: what each series added within the window, whether it counts on (cumulative: Gemini CLI) or tells what was
 * added (delta: Claude Code, Codex). A count that began in the window counts whole; one that began before counts from its last point
 * before the window.
 */
import type { CodingAgentName } from '@sightline/schema/api';
import { unixNano } from '@sightline/base';
import type { Window } from '../time-range.ts';
import { inRange } from '../sql/range-sql.ts';
import { moment, type Sql, sql, strings, uint } from '../sql/sql.ts';

export interface MetricRow {
  readonly name: string;
  readonly agent: CodingAgentName;
  readonly session: string;
  readonly user: string;
  readonly model: string;
  readonly version: string;
  /** What is told apart within the metric: kind of token, added or removed, accepted or rejected. */
  readonly kind: string;
  readonly success: string;
  readonly added: number;
  readonly firstText: string;
  readonly lastText: string;
}

const names = [
  'claude_code.session.count',
  'claude_code.lines_of_code.count',
  'claude_code.pull_request.count',
  'claude_code.commit.count',
  'claude_code.cost.usage',
  'claude_code.token.usage',
  'claude_code.code_edit_tool.decision',
  'claude_code.active_time.total',
  'codex.thread.started',
  'codex.turn.token_usage',
  'codex.turn.e2e_duration_ms',
  'codex.tool.call',
  'gemini_cli.session.count',
  'gemini_cli.token.usage',
  'gemini_cli.lines.changed',
  'gemini_cli.tool.call.count',
  'gemini_cli.api.request.count',
];

/** How far before the window a cumulative series is looked for. */
const lookbackNanos = 86_400_000_000_000n;

export function selectMetrics(project: string, { from, to }: Window, limit: number): Sql {
  const lookbackFrom = unixNano(from > lookbackNanos ? from - lookbackNanos : 0n);
  return sql`SELECT name, agent, session, user, model, version, kind, success, sum(toAdd) AS added, min(time) AS firstText, max(time) AS lastText
    FROM (SELECT name, agent, session, user, model, version, kind, success, time, multiIf(
          temporality != 2, amount,
          in_frame > 1 AND amount >= before_amount AND start_time <= before_time, amount - before_amount,
          in_frame > 1 OR start_time >= ${moment(lookbackFrom)}, amount, 0) AS toAdd
      FROM (SELECT name, temporality, time, start_time,
            multiIf(startsWith(name, 'claude_code.'), 'claude-code', startsWith(name, 'codex.'), 'codex', 'gemini-cli') AS agent,
            if(attributes['session.id'] = '', resource_attributes['session.id'], attributes['session.id']) AS session,
            if(attributes['user.email'] = '', attributes['user.id'], attributes['user.email']) AS user,
            attributes['model'] AS model, resource_attributes['service.version'] AS version,
            multiIf(attributes['type'] != '', attributes['type'], attributes['token_type'] != '', attributes['token_type'], attributes['decision']) AS kind,
            if(name = 'gemini_cli.api.request.count', attributes['status_code'], attributes['success']) AS success,
            if(type IN ('histogram', 'exponential_histogram'), ifNull(sum, 0), value) AS amount,
            lagInFrame(amount) OVER w AS before_amount, lagInFrame(time) OVER w AS before_time, count() OVER w AS in_frame
          FROM metric_points
          WHERE ${inRange(project, 'metrics', { from: lookbackFrom, to })} AND name IN ${strings(names)} AND bitAnd(flags, 1) = 0
            AND isFinite(amount) AND amount >= 0 AND (temporality = 2 OR time >= ${moment(from)})
          WINDOW w AS (PARTITION BY name, series_id ORDER BY time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)))
    WHERE time >= ${moment(from)}
    GROUP BY name, agent, session, user, model, version, kind, success ORDER BY lastText DESC LIMIT ${uint(limit)}`;
}
