import type { TelemetryStore } from '../packages/server/src/storage/telemetry-store.ts';

export interface Question {
  readonly name: string;
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const range =
  "project = 'default' AND start_time >= fromUnixTimestamp64Nano({from:Int64}) AND start_time < fromUnixTimestamp64Nano({to:Int64})";
const newest = 'ORDER BY bucket DESC, start_time DESC LIMIT 50';
const slim =
  'lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span, name, service, start_time, duration_ns, attributes';

/** The access paths of docs/internals/storage.md over the last 24 hours of what is stored. */
export async function storageQuestions(store: TelemetryStore): Promise<readonly Question[]> {
  const [sample] = (
    await store.query<Record<string, string>>({
      sql: `SELECT lower(hex(trace_id)) AS trace, user_id AS user, service, attributes['gen_ai.tool.call.id'] AS call,
          toString(toUnixTimestamp64Nano(now64(9)) + 86400000000000) AS to, toString(toUnixTimestamp64Nano(start_time) - 86400000000000) AS from
        FROM spans WHERE project = 'default' AND attributes['gen_ai.tool.call.id'] != '' ORDER BY bucket LIMIT 1`,
    })
  ).rows;
  // The words of one prompt, the rarest first as far as their shape tells: numbered words are at the end of the vocabulary.
  const [prompt] = (
    await store.query<{ rare: string }>({
      sql: `SELECT arraySort(word -> (match(word, '[0-9]') ? -length(word) : 0), splitByNonAlpha(lower(long_attributes['gen_ai.input.messages'])))[1] AS rare
        FROM spans WHERE project = 'default' AND operation = 'llm' ORDER BY bucket LIMIT 1`,
    })
  ).rows;
  const params = { from: '0', to: '4000000000000000000', ...sample, ...prompt };
  const question = (name: string, sql: string): Question => {
    const used = Object.fromEntries(Object.entries(params).filter(([key]) => sql.includes(`{${key}:`)));
    return { name, sql, params: used };
  };
  const found = (name: string, filter: string): Question =>
    question(`newest 50 spans, ${name}`, `SELECT ${slim} FROM spans WHERE ${range} AND ${filter} ${newest}`);
  return [
    question(
      'one trace by id',
      `SELECT * FROM spans WHERE project = 'default' AND trace_id = unhex({trace:String})
        AND start_time >= (SELECT min(start_time) FROM trace_summaries WHERE project = 'default' AND trace_id = unhex({trace:String}))
        AND start_time <= (SELECT max(end_time) FROM trace_summaries WHERE project = 'default' AND trace_id = unhex({trace:String}))`,
    ),
    question(
      'one trace by id, no range',
      `SELECT * FROM spans WHERE project = 'default' AND trace_id = unhex({trace:String})`,
    ),
    found('any', '1'),
    found('of a service', 'service = {service:String}'),
    found('a common attribute', "attributes['app.feature'] = 'search'"),
    found('a rare attribute', "attributes['gen_ai.tool.call.id'] = {call:String}"),
    found(
      'an attribute nobody has',
      "(attributes['no.such.key'] = 'x' OR resource_attributes['no.such.key'] = 'x')",
    ),
    found('a resource attribute', "resource_attributes['deployment.environment.name'] = 'staging'"),
    found('failed and slow', 'status_code = 2 AND duration_ns > 1000000000'),
    found('of a user', 'user_id = {user:String}'),
    question(
      'newest 50 traces',
      `WITH newest AS (SELECT trace_id FROM trace_starts
          WHERE project = 'default' AND bucket >= (SELECT max(bucket) - INTERVAL 15 MINUTE FROM trace_starts WHERE project = 'default')
          GROUP BY trace_id ORDER BY min(start_time) DESC LIMIT 50)
        SELECT lower(hex(trace_id)) AS trace, min(start_time) AS start, max(end_time) AS end, min(head) AS head, sum(span_count) AS spans,
          groupUniqArrayArray(services) AS services, sum(input_tokens) AS tokens, max(session_id) AS session
        FROM trace_summaries WHERE project = 'default' AND trace_id IN newest GROUP BY trace_id ORDER BY start DESC`,
    ),
    question(
      'a rare word, 24 h',
      `SELECT ${slim} FROM spans WHERE ${range} AND hasAllTokens(words, [{rare:String}]) ${newest}`,
    ),
    question(
      'two common words, 24 h',
      `SELECT ${slim} FROM spans WHERE ${range} AND hasAllTokens(words, ['system', 'user']) ${newest}`,
    ),
    question(
      'count of a rare word, 24 h',
      `SELECT count() FROM spans WHERE ${range} AND hasAllTokens(words, [{rare:String}])`,
    ),
    question(
      'count of two common words, 24 h',
      `SELECT count() FROM spans WHERE ${range} AND hasAllTokens(words, ['system', 'user'])`,
    ),
    question(
      'p95 by service, 24 h, roll-up',
      `SELECT service, sum(count) AS spans, quantilesDDMerge(0.01, 0.5, 0.9, 0.95, 0.99)(duration_ns_quantiles) AS quantiles
        FROM service_rollup_1m WHERE project = 'default' GROUP BY service`,
    ),
    question(
      'p95 by service, 24 h, raw',
      `SELECT service, quantileTDigest(0.95)(duration_ns) FROM spans WHERE ${range} GROUP BY service`,
    ),
    question(
      'count by a common attribute, 24 h',
      `SELECT count() FROM spans WHERE ${range} AND attributes['app.feature'] = 'search'`,
    ),
    question(
      'tokens by model, 24 h, raw',
      `SELECT model, sum(input_tokens) FROM spans WHERE ${range} GROUP BY model`,
    ),
  ];
}
