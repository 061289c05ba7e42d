-- Reports that are made at times, and those that were made. Their messages are in the outbox of alerts, which belong to no group.
CREATE TABLE IF NOT EXISTS report_schedules (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project    text NOT NULL REFERENCES projects (id),
  name       text NOT NULL,
  settings   jsonb NOT NULL,
  -- NULL while it is paused.
  next_at    timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (project, name)
);

CREATE INDEX IF NOT EXISTS report_schedules_due ON report_schedules (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS reports (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project     text NOT NULL REFERENCES projects (id),
  schedule_id uuid NOT NULL REFERENCES report_schedules (id) ON DELETE CASCADE,
  name        text NOT NULL,
  -- NULL where somebody sent it by hand.
  due_at      timestamptz,
  made_at     timestamptz NOT NULL DEFAULT now(),
  missed      integer NOT NULL,
  time_zone   text NOT NULL,
  report      jsonb NOT NULL,
  UNIQUE (schedule_id, due_at)
);

CREATE INDEX IF NOT EXISTS reports_newest ON reports (project, made_at DESC);

ALTER TABLE alert_outbox ALTER COLUMN group_id DROP NOT NULL;
