-- Prompts with versions that never change, and labels that say which one is used where.
CREATE TABLE prompts (
  id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project        text NOT NULL REFERENCES projects (id),
  name           text NOT NULL,
  description    text NOT NULL DEFAULT '',
  latest_version integer NOT NULL DEFAULT 0,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  UNIQUE (project, name)
);

CREATE TABLE prompt_versions (
  prompt_id  uuid NOT NULL REFERENCES prompts (id) ON DELETE CASCADE,
  version    integer NOT NULL,
  -- json, not jsonb: models heed the order of the keys of a schema.
  content    json NOT NULL,
  note       text NOT NULL DEFAULT '',
  who        text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (prompt_id, version)
);

CREATE TABLE prompt_labels (
  prompt_id  uuid NOT NULL,
  label      text NOT NULL,
  version    integer NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (prompt_id, label),
  FOREIGN KEY (prompt_id, version) REFERENCES prompt_versions (prompt_id, version) ON DELETE CASCADE
);

-- Datasets. Each change makes a version; dataset_versions says what it changed.
CREATE TABLE datasets (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project     text NOT NULL REFERENCES projects (id),
  name        text NOT NULL,
  description text NOT NULL DEFAULT '',
  version     integer NOT NULL DEFAULT 0,
  item_count  integer NOT NULL DEFAULT 0,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  UNIQUE (project, name)
);

CREATE TABLE dataset_versions (
  dataset_id uuid NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
  version    integer NOT NULL,
  time       timestamptz NOT NULL DEFAULT now(),
  note       text NOT NULL DEFAULT '',
  added      integer NOT NULL DEFAULT 0,
  changed    integer NOT NULL DEFAULT 0,
  removed    integer NOT NULL DEFAULT 0,
  item_count integer NOT NULL,
  PRIMARY KEY (dataset_id, version)
);

-- An item as it is from one version up to, not including, another. A change of an item ends its row and begins one at the same place.
CREATE TABLE dataset_items (
  dataset_id   uuid NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
  id           text NOT NULL,
  from_version integer NOT NULL,
  to_version   integer,
  place        bigint NOT NULL,
  input        json NOT NULL,
  expected     json,
  metadata     jsonb NOT NULL DEFAULT '{}',
  split        text NOT NULL DEFAULT '',
  source       jsonb,
  -- Of the input: equal inputs are duplicates.
  input_hash   text NOT NULL,
  time         timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (dataset_id, id, from_version)
);

CREATE SEQUENCE dataset_item_places;
CREATE INDEX dataset_items_place ON dataset_items (dataset_id, place);
CREATE INDEX dataset_items_input ON dataset_items (dataset_id, input_hash) WHERE to_version IS NULL;

-- Experiments: a target over the items of one version of a dataset, and what came of each.
CREATE TABLE experiments (
  id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project         text NOT NULL REFERENCES projects (id),
  name            text NOT NULL,
  description     text NOT NULL DEFAULT '',
  dataset_id      uuid NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
  dataset_version integer NOT NULL,
  split           text NOT NULL DEFAULT '',
  target          jsonb NOT NULL,
  evaluators      jsonb NOT NULL,
  -- Names of scores that are better when lower.
  lower_is_better jsonb NOT NULL DEFAULT '[]',
  repeats         integer NOT NULL,
  concurrency     integer NOT NULL,
  metadata        jsonb NOT NULL DEFAULT '{}',
  planned         integer NOT NULL,
  state           text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'stopped', 'failed')),
  reason          text,
  is_baseline     boolean NOT NULL DEFAULT false,
  created_at      timestamptz NOT NULL DEFAULT now(),
  ended_at        timestamptz,
  -- Sums over its results, once it has ended and they no longer change.
  summary         jsonb,
  -- Of those that the server runs itself: until when one is at it.
  leased_until    timestamptz,
  lease_owner     text
);

CREATE INDEX experiments_newest ON experiments (project, created_at DESC);

CREATE TABLE experiment_results (
  experiment_id uuid NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
  item_id       text NOT NULL,
  repeat        integer NOT NULL,
  trace_id      text,
  output        json,
  -- Of the output: tells whether two answers differ without reading them.
  output_hash   text NOT NULL,
  error         text,
  duration_ms   double precision NOT NULL,
  cost_usd      double precision,
  input_tokens  bigint,
  output_tokens bigint,
  -- By the name of the score: value, label, comment.
  scores        jsonb NOT NULL DEFAULT '{}',
  -- The same as numbers by name, for comparing, which reads them of every result.
  score_values  jsonb NOT NULL DEFAULT '{}',
  time          timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (experiment_id, item_id, repeat)
);

-- Where models are asked: the key is in a variable of the server's environment, or here, encrypted with the server's secret.
CREATE TABLE model_connections (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project      text NOT NULL REFERENCES projects (id),
  name         text NOT NULL,
  protocol     text NOT NULL,
  base_url     text NOT NULL,
  key_variable text,
  sealed_key   text,
  created_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (project, name)
);
