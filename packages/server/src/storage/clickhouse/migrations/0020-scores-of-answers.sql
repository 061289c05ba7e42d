-- As in 0003, with the answer in the id of a score: of scores on no trace that were given at one time, alike but for their answers, one was kept. Those that name none keep
-- their ids.
DROP TABLE IF EXISTS {{log_scores_view}} {{on cluster}};
CREATE MATERIALIZED VIEW IF NOT EXISTS {{log_scores_view}} {{on cluster}} TO {{scores}} AS
SELECT
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
FROM {{logs}} AS logs
WHERE event_name = 'gen_ai.evaluation.result' OR attributes['event.name'] = 'gen_ai.evaluation.result';
