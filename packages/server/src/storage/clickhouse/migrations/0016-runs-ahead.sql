-- Where much changed at once, runs are put together from the newest back: of what changed after `until` until `ahead_until`, `runs` knows what happened
-- at `ahead_from` or later. The two times are equal where nothing is under way.
ALTER TABLE {{runs_progress}} {{on cluster}}
    ADD COLUMN IF NOT EXISTS ahead_until DateTime64(3, 'UTC') DEFAULT until,
    ADD COLUMN IF NOT EXISTS ahead_from DateTime('UTC');
