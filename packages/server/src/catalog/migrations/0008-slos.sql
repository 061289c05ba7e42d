-- Service level objectives, and what was counted of them hour by hour.
CREATE TABLE slos (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project      text NOT NULL REFERENCES projects (id),
  name         text NOT NULL,
  slo          jsonb NOT NULL,
  -- Its rules by the key of their windows.
  rules        jsonb NOT NULL DEFAULT '{}',
  -- Of the indicator: what was counted of an older one says nothing.
  version      integer NOT NULL DEFAULT 1,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
  counted_from timestamptz,
  counted_to   timestamptz,
  problem      text,
  UNIQUE (project, name)
);

CREATE TABLE slo_hours (
  slo_id  uuid NOT NULL REFERENCES slos (id) ON DELETE CASCADE,
  hour    timestamptz NOT NULL,
  good    double precision NOT NULL,
  total   double precision NOT NULL,
  -- [minute of the hour, good, total] of the newest hours, for short windows.
  minutes jsonb,
  PRIMARY KEY (slo_id, hour)
);

CREATE INDEX slo_hours_with_minutes ON slo_hours (hour) WHERE minutes IS NOT NULL;
