/**
 * Scores that came as telemetry. Few blocks hold one, and what they name tells which: their dictionaries of keys and names are asked before the engine plans a statement.
 */
import type { NativeBlock } from './native-columns.ts';

const resultEvent = 'gen_ai.evaluation.result';
/** OpenInference numbers annotations from 0. */
const annotationKeys = ['', 'trace.', 'session.'].flatMap((target) => [
  `${target}annotations.0.annotation.name`,
  `${target}evaluations.0.evaluation.name`,
]);

/** Whether rows of the block may be scores. */
export function mayHoldScores(signal: 'traces' | 'logs', { texts }: NativeBlock): boolean {
  const has = (column: string, text: string): boolean => texts.get(column)?.has(text) === true;
  return signal === 'traces'
    ? has('event_names', resultEvent) || annotationKeys.some((key) => has('attributes', key))
    : has('event_name', resultEvent) || has('attributes', 'event.name');
}

const columns =
  'project, score_id, time, received_time, trace_id, span_id, session_id, response_id, service, name, value, label, comment, source';

/** `scores` from a block of logs or spans. */
export const scoresInsert = {
  logs: (source: string): string => `INSERT INTO scores (${columns}) ${ofLogs(source)}`,
  traces: (source: string): string => `INSERT INTO scores (${columns}, who) ${ofSpans(source)}`,
} as const;

/**
 * Log records `gen_ai.evaluation.result`. The id follows from the content: the same record sent twice is one score.
 * The SDK writes span id 1 where a trace is scored and not one of its spans.
 */
const ofLogs = (source: string): string => String.raw`SELECT
    project,
    lower(hex(MD5(concat(trace_id, span_id, toString(logs.time), name, toString(attributes['gen_ai.evaluation.score.value']), label, response_id)))) AS score_id,
    logs.time AS time,
    logs.received_time AS received_time,
    logs.trace_id AS trace_id,
    if(logs.span_id = unhex('0000000000000001'), toFixedString('', 8), logs.span_id) AS span_id,
    logs.session_id AS session_id,
    attributes['gen_ai.response.id'] AS response_id,
    service,
    leftUTF8(multiIf(attributes['gen_ai.evaluation.name'] != '', attributes['gen_ai.evaluation.name'],
        long_attributes['gen_ai.evaluation.name'] != '', long_attributes['gen_ai.evaluation.name'], 'evaluation'), 200) AS name,
    if(isFinite(ifNull(toFloat64OrNull(transform(attributes['gen_ai.evaluation.score.value'], ['true', 'false'], ['1', '0'])), nan)), toFloat64OrNull(transform(attributes['gen_ai.evaluation.score.value'], ['true', 'false'], ['1', '0'])), NULL) AS value,
    leftUTF8(multiIf(attributes['gen_ai.evaluation.score.label'] != '', attributes['gen_ai.evaluation.score.label'],
        long_attributes['gen_ai.evaluation.score.label'] != '', long_attributes['gen_ai.evaluation.score.label'], attributes['error.type'] != '', 'error', ''), 200) AS label,
    multiIf(attributes['gen_ai.evaluation.explanation'] != '', attributes['gen_ai.evaluation.explanation'],
        long_attributes['gen_ai.evaluation.explanation'] != '', long_attributes['gen_ai.evaluation.explanation'], attributes['error.type']) AS comment,
    'telemetry' AS source
FROM ${source} AS logs
WHERE event_name = 'gen_ai.evaluation.result' OR attributes['event.name'] = 'gen_ai.evaluation.result'`;

/** Span events of the same name, and OpenInference's `[trace.|session.](annotations|evaluations).<i>.(annotation|evaluation).…`. */
const ofSpans = (source: string): string => String.raw`SELECT
    project,
    lower(hex(MD5(concat(trace_id, spans.span_id, found.id)))) AS score_id,
    found.time AS time,
    spans.received_time AS received_time,
    if(found.target = 'session' AND spans.session_id != '', toFixedString('', 16), spans.trace_id) AS trace_id,
    if(found.target = 'span', spans.span_id, toFixedString('', 8)) AS span_id,
    spans.session_id AS session_id,
    spans.response_id AS response_id,
    service,
    left(if(found.name = '', 'evaluation', found.name), 200) AS name,
    if(isFinite(ifNull(toFloat64OrNull(found.value), nan)), toFloat64OrNull(found.value), NULL) AS value,
    left(multiIf(found.label != '', found.label, found.error != '', 'error', ''), 200) AS label,
    if(found.comment = '', found.error, found.comment) AS comment,
    'telemetry' AS source,
    lower(found.who) AS who
FROM ${source} AS spans
ARRAY JOIN arrayConcat(
    arrayFilter(event -> event.id != '', arrayMap((event_name, event_time, event) -> CAST(tuple(
            if(event_name = 'gen_ai.evaluation.result', concat(toString(event_time), event['gen_ai.evaluation.name'], event['gen_ai.evaluation.score.value'], event['gen_ai.evaluation.score.label']), ''),
            event_time, 'span', event['gen_ai.evaluation.name'], event['gen_ai.evaluation.score.value'], event['gen_ai.evaluation.score.label'],
            event['gen_ai.evaluation.explanation'], event['error.type'], ''),
            'Tuple(id String, time DateTime64(9, \'UTC\'), target String, name String, value String, label String, comment String, error String, who String)'),
        event_names, event_times, event_attributes)),
    arrayMap(stem -> CAST(tuple(
            stem, spans.start_time + toIntervalNanosecond(spans.duration_ns), if(startsWith(stem, 'trace.'), 'trace', if(startsWith(stem, 'session.'), 'session', 'span')),
            attributes[concat(stem, 'name')], attributes[concat(stem, 'score')], attributes[concat(stem, 'label')],
            if(attributes[concat(stem, 'explanation')] = '', long_attributes[concat(stem, 'explanation')], attributes[concat(stem, 'explanation')]), '',
            if(attributes[concat(stem, 'identifier')] = '', attributes[concat(stem, 'annotator_kind')], attributes[concat(stem, 'identifier')])),
            'Tuple(id String, time DateTime64(9, \'UTC\'), target String, name String, value String, label String, comment String, error String, who String)'),
        arrayDistinct(arrayMap(key -> substring(key, 1, length(key) - 4),
            arrayFilter(key -> match(key, '^(trace\\.|session\\.)?(annotations|evaluations)\\.\\d+\\.(annotation|evaluation)\\.name$'), mapKeys(attributes)))))) AS found
WHERE has(event_names, 'gen_ai.evaluation.result')
    OR mapContains(attributes, 'annotations.0.annotation.name') OR mapContains(attributes, 'evaluations.0.evaluation.name')
    OR mapContains(attributes, 'trace.annotations.0.annotation.name') OR mapContains(attributes, 'trace.evaluations.0.evaluation.name')
    OR mapContains(attributes, 'session.annotations.0.annotation.name') OR mapContains(attributes, 'session.evaluations.0.evaluation.name')`;
