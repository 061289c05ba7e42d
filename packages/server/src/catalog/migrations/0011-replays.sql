-- What can be run again, and the programs that offer it.
CREATE TABLE replay_targets (
  project    text NOT NULL REFERENCES projects (id),
  name       text NOT NULL,
  settings   jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project, name)
);

CREATE TABLE replay_workers (
  project text NOT NULL,
  target  text NOT NULL,
  worker  text NOT NULL,
  places  integer NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project, target, worker),
  FOREIGN KEY (project, target) REFERENCES replay_targets (project, name) ON DELETE CASCADE
);

CREATE TABLE replay_batches (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project     text NOT NULL REFERENCES projects (id),
  q           text NOT NULL,
  target      text,
  concurrency integer NOT NULL,
  budget_usd  double precision,
  gate        text,
  key         text,
  state       text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'paused', 'done', 'cancelled')),
  stopped_at_budget boolean NOT NULL DEFAULT false,
  left_out    jsonb NOT NULL DEFAULT '[]',
  created_at  timestamptz NOT NULL DEFAULT now(),
  UNIQUE (project, key)
);

-- Runs that are run again. Each is claimed once: what was claimed and came to no result is lost, and is never claimed again.
CREATE TABLE replays (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  position     bigint GENERATED ALWAYS AS IDENTITY,
  project      text NOT NULL REFERENCES projects (id),
  batch_id     uuid REFERENCES replay_batches (id) ON DELETE CASCADE,
  target       text NOT NULL,
  state        text NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'running', 'done', 'failed', 'lost', 'cancelled', 'skipped')),
  key          text,
  source_trace text NOT NULL,
  trace        text,
  input        jsonb,
  context      jsonb,
  masked       boolean NOT NULL,
  edited       boolean NOT NULL,
  before       jsonb NOT NULL,
  claim        uuid,
  worker       text,
  leased_until timestamptz,
  answer       text,
  error        text,
  duration_ms  double precision,
  created_at   timestamptz NOT NULL DEFAULT now(),
  started_at   timestamptz,
  finished_at  timestamptz,
  UNIQUE (project, key)
);

CREATE INDEX replays_queued ON replays (project, target, position) WHERE state = 'queued';

CREATE INDEX replays_running ON replays (leased_until) WHERE state = 'running';

CREATE INDEX replays_batch ON replays (batch_id) WHERE batch_id IS NOT NULL;

CREATE INDEX replays_source ON replays (project, source_trace);

CREATE INDEX replays_trace ON replays (project, trace);
