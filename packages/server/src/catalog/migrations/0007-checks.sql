-- What is looked at from outside every so often, how it is now, and how it was.
CREATE TABLE checks (
  id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project        text NOT NULL REFERENCES projects (id),
  name           text NOT NULL,
  target         jsonb NOT NULL,
  interval_s     integer NOT NULL CHECK (interval_s >= 10),
  timeout_ms     integer NOT NULL,
  retries        integer NOT NULL,
  enabled        boolean NOT NULL,
  on_status_page boolean NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  -- Of its settings: what a look found of an older one says nothing.
  version        integer NOT NULL DEFAULT 1,
  -- The time of its next look, and until when a server is at it.
  next_at        timestamptz NOT NULL DEFAULT now(),
  leased_until   timestamptz,
  status         text NOT NULL DEFAULT 'unknown' CHECK (status IN ('up', 'down', 'unknown')),
  since          timestamptz NOT NULL DEFAULT now(),
  last_at        timestamptz,
  last_ms        double precision,
  last_reason    text,
  certificate_days double precision,
  pinged_at      timestamptz,
  UNIQUE (project, name)
);

CREATE INDEX checks_due ON checks (next_at) WHERE enabled;

-- The newest looks of each check; older ones are dropped as new ones come.
CREATE TABLE check_results (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  check_id uuid NOT NULL REFERENCES checks (id) ON DELETE CASCADE,
  time     timestamptz NOT NULL,
  ok       boolean NOT NULL,
  ms       double precision,
  reason   text
);

CREATE INDEX check_results_newest ON check_results (check_id, id DESC);

-- States that are over. The one that goes on is in checks.
CREATE TABLE check_spells (
  check_id  uuid NOT NULL REFERENCES checks (id) ON DELETE CASCADE,
  from_time timestamptz NOT NULL,
  to_time   timestamptz NOT NULL,
  status    text NOT NULL,
  PRIMARY KEY (check_id, from_time)
);
