-- Which instrumentation told of a step: two of one call tell it with one usage at one time. What is here already has none until it is derived anew.
ALTER TABLE {{ai_spans}} {{on cluster}} ADD COLUMN IF NOT EXISTS scope_name LowCardinality(String);

-- As in 0008, with scope_name.
DROP TABLE IF EXISTS {{ai_spans_view}} {{on cluster}};
CREATE MATERIALIZED VIEW IF NOT EXISTS {{ai_spans_view}} {{on cluster}} TO {{ai_spans}} AS SELECT
    project, trace_id, span_id, parent_span_id, name, service, service_version, environment, start_time, duration_ns, status_code, scope_name,
    operation, provider, model, response_id, service_tier, prompt_name, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
    reasoning_tokens, cache_write_1h_tokens, input_audio_tokens, output_audio_tokens, reported_cost_usd, session_id, user_id, agent_name, tool_name, ttft_ms,
    stored_time, ifNull(price_.1, reported_cost_usd) AS cost_usd,
    if(isNull(price_.1), '', price_.2) AS price_version
FROM (
    SELECT
    project, trace_id, span_id, parent_span_id, name, service, service_version, environment, start_time, duration_ns, status_code, scope_name,
    operation, provider, model, response_id, service_tier, prompt_name, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
    reasoning_tokens, cache_write_1h_tokens, input_audio_tokens, output_audio_tokens, reported_cost_usd, session_id, user_id, agent_name, tool_name, ttft_ms, stored_time,
    arrayMap(r -> (if(has(r.needs, said_) AND r.factors[tier_] > 0, round(arrayDotProduct(r.rates, [input_, output_, least(cache_read_, input_), least(cache_write_, input_ - least(cache_read_, input_)), least(cache_write_1h_, least(cache_write_, input_ - least(cache_read_, input_))), least(reasoning_, output_), least(input_audio_, input_ - least(cache_read_, input_) - least(cache_write_, input_ - least(cache_read_, input_))), least(output_audio_, output_ - least(reasoning_, output_)), toFloat64(1)]) * r.factors[tier_], 12), NULL), r.version), arrayFilter(r -> has(['', toString(project)], r.project) AND r.valid_from <= seconds_ AND r.input_above < input_ AND modulo(seconds_ - r.day_from, 86400) < r.day_length, prices_))[-1] AS price_
    FROM (
        SELECT
            project, trace_id, span_id, parent_span_id, name, service,
            resource_attributes['service.version'] AS service_version,
            if(resource_attributes['deployment.environment.name'] != '', resource_attributes['deployment.environment.name'], resource_attributes['deployment.environment']) AS environment,
            start_time, duration_ns, status_code, scope_name, operation, provider, model, response_id, service_tier,
            if(attributes['gen_ai.prompt.name'] != '', attributes['gen_ai.prompt.name'], attributes['langfuse.observation.prompt.name']) AS prompt_name,
            input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cache_write_1h_tokens, input_audio_tokens, output_audio_tokens,
            cost_usd AS reported_cost_usd, session_id, user_id, agent_name, tool_name, ttft_ms, stored_time,
            toFloat64(ifNull(input_tokens, 0)) AS input_,
            toFloat64(ifNull(output_tokens, 0)) AS output_,
            toFloat64(ifNull(cache_read_tokens, 0)) AS cache_read_,
            toFloat64(ifNull(cache_write_tokens, 0)) AS cache_write_,
            toFloat64(ifNull(cache_write_1h_tokens, 0)) AS cache_write_1h_,
            toFloat64(ifNull(reasoning_tokens, 0)) AS reasoning_,
            toFloat64(ifNull(input_audio_tokens, 0)) AS input_audio_,
            toFloat64(ifNull(output_audio_tokens, 0)) AS output_audio_,
            isNotNull(input_tokens) + 2 * isNotNull(output_tokens) AS said_, toUnixTimestamp(start_time) AS seconds_, lower(service_tier) AS tier_, joinGet('{{database}}.model_prices', 'prices', concat(provider, '\n', model)) AS prices_
        FROM {{spans}}
        WHERE operation NOT IN ('other', 'http', 'db', 'messaging')));
