-- Long texts of log records go where those of spans are: events of calls repeat whole conversations as well.

ALTER TABLE {{logs}} {{on cluster}} ADD COLUMN IF NOT EXISTS text_ids Array(FixedString(16)) CODEC(ZSTD(3));
