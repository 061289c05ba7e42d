-- What a call costs, from the moment its span is stored. Prices stand in a small table in memory, looked up by provider and model.

ALTER TABLE {{spans}} {{on cluster}}
    ADD COLUMN IF NOT EXISTS cache_write_1h_tokens Nullable(UInt64),
    ADD COLUMN IF NOT EXISTS input_audio_tokens Nullable(UInt64),
    ADD COLUMN IF NOT EXISTS output_audio_tokens Nullable(UInt64);

ALTER TABLE {{ai_spans}} {{on cluster}}
    ADD COLUMN IF NOT EXISTS cache_write_1h_tokens Nullable(UInt64),
    ADD COLUMN IF NOT EXISTS input_audio_tokens Nullable(UInt64),
    ADD COLUMN IF NOT EXISTS output_audio_tokens Nullable(UInt64),
    ADD INDEX IF NOT EXISTS stored_time_index stored_time TYPE minmax GRANULARITY 4;

-- Whole on every node, since the view below runs where the spans are. The server fills it: the catalogue's rules need TypeScript. A pair
-- that is written again replaces what was there. The meaning of `prices`: packages/schema/src/conventions/cost/price-sql.ts.
CREATE TABLE IF NOT EXISTS model_prices {{on cluster}}
(
    -- The provider, a line feed, the model.
    pair String,
    prices Array(Tuple(project String, valid_from Float64, day_from Float64, day_length Float64, input_above Float64, needs Array(UInt8), factors Map(String, Float64), rates Array(Float64), version String))
)
ENGINE = Join(ANY, LEFT, pair)
SETTINGS join_any_take_last_row = 1;

-- `priceSql` of the same file, compared with what TypeScript computes by storage/price-spans.test.ts.
DROP TABLE IF EXISTS {{ai_spans_view}} {{on cluster}};
CREATE MATERIALIZED VIEW IF NOT EXISTS {{ai_spans_view}} {{on cluster}} TO {{ai_spans}} AS SELECT
    project, trace_id, span_id, parent_span_id, name, service, service_version, environment, start_time, duration_ns, status_code,
    operation, provider, model, response_id, service_tier, prompt_name, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
    reasoning_tokens, cache_write_1h_tokens, input_audio_tokens, output_audio_tokens, reported_cost_usd, session_id, user_id, agent_name, tool_name, ttft_ms,
    ifNull(price_.1, reported_cost_usd) AS cost_usd,
    if(isNull(price_.1), '', price_.2) AS price_version
FROM (
    SELECT
    project, trace_id, span_id, parent_span_id, name, service, service_version, environment, start_time, duration_ns, status_code,
    operation, provider, model, response_id, service_tier, prompt_name, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
    reasoning_tokens, cache_write_1h_tokens, input_audio_tokens, output_audio_tokens, reported_cost_usd, session_id, user_id, agent_name, tool_name, ttft_ms,
    arrayMap(r -> (if(has(r.needs, said_) AND r.factors[tier_] > 0, round(arrayDotProduct(r.rates, [input_, output_, least(cache_read_, input_), least(cache_write_, input_ - least(cache_read_, input_)), least(cache_write_1h_, least(cache_write_, input_ - least(cache_read_, input_))), least(reasoning_, output_), least(input_audio_, input_ - least(cache_read_, input_) - least(cache_write_, input_ - least(cache_read_, input_))), least(output_audio_, output_ - least(reasoning_, output_)), toFloat64(1)]) * r.factors[tier_], 12), NULL), r.version), arrayFilter(r -> has(['', toString(project)], r.project) AND r.valid_from <= seconds_ AND r.input_above < input_ AND modulo(seconds_ - r.day_from, 86400) < r.day_length, prices_))[-1] AS price_
    FROM (
        SELECT
            project, trace_id, span_id, parent_span_id, name, service,
            resource_attributes['service.version'] AS service_version,
            if(resource_attributes['deployment.environment.name'] != '', resource_attributes['deployment.environment.name'], resource_attributes['deployment.environment']) AS environment,
            start_time, duration_ns, status_code, operation, provider, model, response_id, service_tier,
            if(attributes['gen_ai.prompt.name'] != '', attributes['gen_ai.prompt.name'], attributes['langfuse.observation.prompt.name']) AS prompt_name,
            input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cache_write_1h_tokens, input_audio_tokens, output_audio_tokens,
            cost_usd AS reported_cost_usd, session_id, user_id, agent_name, tool_name, ttft_ms,
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
