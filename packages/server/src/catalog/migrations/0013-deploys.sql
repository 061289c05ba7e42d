-- Why a label set is there, in words, where the condition alone does not say it.
ALTER TABLE alert_instances ADD COLUMN note text NOT NULL DEFAULT '';

-- Versions that began to run, as somebody said it or as their first spans did.
CREATE TABLE deploys (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project     text NOT NULL REFERENCES projects (id),
  service     text NOT NULL,
  environment text NOT NULL DEFAULT '',
  version     text NOT NULL,
  time        timestamptz NOT NULL,
  source      text NOT NULL CHECK (source IN ('spans', 'reported')),
  note        text NOT NULL DEFAULT '',
  -- The last of its looks, in minutes after its time; 0 before the first.
  judged_minutes integer NOT NULL DEFAULT 0,
  UNIQUE (project, service, environment, version)
);

CREATE INDEX deploys_newest ON deploys (project, time DESC);

-- What a look found, by deploy and minutes after it: the verdicts of all cells.
CREATE TABLE deploy_looks (
  deploy_id uuid NOT NULL REFERENCES deploys (id) ON DELETE CASCADE,
  minutes   integer NOT NULL,
  time      timestamptz NOT NULL,
  answer    jsonb NOT NULL,
  PRIMARY KEY (deploy_id, minutes)
);

-- How a service was in a time of its own, kept beyond its telemetry.
CREATE TABLE baselines (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project    text NOT NULL REFERENCES projects (id),
  name       text NOT NULL,
  service    text NOT NULL,
  from_time  timestamptz NOT NULL,
  to_time    timestamptz NOT NULL,
  cells      jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (project, name)
);
