-- When a row of ai_spans came into the table, so that the pages of a list are read as of one moment. What is here already came long ago.
ALTER TABLE {{ai_spans}} {{on cluster}} ADD COLUMN IF NOT EXISTS stored_time DateTime64(3, 'UTC') DEFAULT toDateTime64(0, 3, 'UTC');
ALTER TABLE {{ai_spans}} {{on cluster}} MATERIALIZE COLUMN stored_time SETTINGS mutations_sync = 2;
ALTER TABLE {{ai_spans}} {{on cluster}} MODIFY COLUMN stored_time DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC');
