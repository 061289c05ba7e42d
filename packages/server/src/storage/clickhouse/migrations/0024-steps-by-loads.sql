-- Loads fill ai_spans themselves, and only where a span is a step: planning the view took 18 of 60 ms of each.
DROP VIEW IF EXISTS {{ai_spans_view}} {{on cluster}};
