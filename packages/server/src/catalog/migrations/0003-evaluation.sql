-- Rules that judge new traces, what became of each judgement, and the queues of people who annotate.
CREATE TABLE evaluators (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project     text NOT NULL REFERENCES projects (id),
  name        text NOT NULL,
  enabled     boolean NOT NULL,
  q           text NOT NULL,
  sample_rate double precision NOT NULL CHECK (sample_rate BETWEEN 0 AND 1),
  settings    jsonb NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  scored      bigint NOT NULL DEFAULT 0,
  skipped     bigint NOT NULL DEFAULT 0,
  failed      bigint NOT NULL DEFAULT 0,
  cost_usd    double precision,
  unpriced    bigint NOT NULL DEFAULT 0,
  input_tokens  bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  last_run_at timestamptz,
  UNIQUE (project, name)
);

-- The newest runs of each evaluator; older ones are dropped as new ones come.
CREATE TABLE evaluator_runs (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  evaluator_id uuid NOT NULL REFERENCES evaluators (id) ON DELETE CASCADE,
  trace_id     text NOT NULL,
  time         timestamptz NOT NULL DEFAULT now(),
  status       text NOT NULL,
  reason       text,
  duration_ms  double precision NOT NULL,
  value        double precision,
  label        text
);

CREATE INDEX evaluator_runs_newest ON evaluator_runs (evaluator_id, id DESC);

-- Until when arrivals of each project are looked at, and which server does it: one at a time.
CREATE TABLE evaluation_progress (
  project     text PRIMARY KEY REFERENCES projects (id),
  arrived     timestamptz NOT NULL,
  owner       text NOT NULL,
  lease_until timestamptz NOT NULL
);

CREATE TABLE annotation_queues (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project      text NOT NULL REFERENCES projects (id),
  name         text NOT NULL,
  instructions text NOT NULL,
  score_names  jsonb NOT NULL,
  q            text NOT NULL,
  sample_rate  double precision NOT NULL CHECK (sample_rate BETWEEN 0 AND 1),
  follow       boolean NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (project, name)
);

CREATE TABLE annotation_items (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue_id  uuid NOT NULL REFERENCES annotation_queues (id) ON DELETE CASCADE,
  trace_id  text NOT NULL,
  added_at  timestamptz NOT NULL DEFAULT now(),
  state     text NOT NULL DEFAULT 'open',
  who       text,
  done_at   timestamptz,
  UNIQUE (queue_id, trace_id)
);

CREATE INDEX annotation_items_of_queue ON annotation_items (queue_id, state, id);
