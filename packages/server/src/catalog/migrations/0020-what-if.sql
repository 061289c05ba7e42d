-- Replays that go on from a step in the middle of a run, and what their recording could not answer before it.
ALTER TABLE replays ADD COLUMN what_if jsonb;

ALTER TABLE replays ADD COLUMN report text;
