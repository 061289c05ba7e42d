-- Rules of alerts, what their looks found, and the messages about it. Times are those of this database.
CREATE TABLE IF NOT EXISTS alert_rules (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project    text NOT NULL REFERENCES projects (id),
  name       text NOT NULL,
  rule       jsonb NOT NULL,
  -- Which of the shipped rules it is, while nobody changed it.
  shipped    text,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- To the millisecond, as programs know it.
  updated_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
  UNIQUE (project, name)
);

-- Projects that were given the shipped rules: a deleted one does not come back.
CREATE TABLE IF NOT EXISTS alert_projects (
  project text PRIMARY KEY REFERENCES projects (id),
  shipped integer NOT NULL
);

CREATE TABLE IF NOT EXISTS alert_rule_states (
  rule_id      uuid PRIMARY KEY REFERENCES alert_rules (id) ON DELETE CASCADE,
  health       text NOT NULL,
  health_since timestamptz NOT NULL,
  outage_ms    bigint NOT NULL,
  error        text,
  last_tick    timestamptz NOT NULL,
  evaluated_at timestamptz NOT NULL,
  took_ms      double precision NOT NULL,
  missed_ticks integer NOT NULL
);

-- Label sets that are not inactive.
CREATE TABLE IF NOT EXISTS alert_instances (
  id            text PRIMARY KEY,
  project       text NOT NULL,
  rule_id       uuid NOT NULL REFERENCES alert_rules (id) ON DELETE CASCADE,
  key           text NOT NULL,
  labels        jsonb NOT NULL,
  state         text NOT NULL,
  reason        text NOT NULL,
  value         double precision,
  active_since  timestamptz NOT NULL,
  firing_since  timestamptz,
  held_ms       bigint NOT NULL,
  gone_ticks    integer NOT NULL,
  updated_at    timestamptz NOT NULL,
  sample_traces jsonb NOT NULL DEFAULT '[]',
  ack_who       text,
  ack_comment   text,
  ack_at        timestamptz,
  ack_severity  text,
  UNIQUE (rule_id, key)
);

CREATE INDEX IF NOT EXISTS alert_instances_of_project ON alert_instances (project, state);

CREATE TABLE IF NOT EXISTS alert_events (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project       text NOT NULL,
  time          timestamptz NOT NULL,
  rule_id       uuid NOT NULL,
  rule          text NOT NULL,
  instance_id   text,
  labels        jsonb NOT NULL,
  kind          text NOT NULL,
  reason        text NOT NULL,
  severity      text NOT NULL,
  value         double precision,
  threshold     double precision,
  sample_traces jsonb NOT NULL,
  late          boolean NOT NULL,
  who           text
);

CREATE INDEX IF NOT EXISTS alert_events_of_project ON alert_events (project, time DESC, id DESC);
CREATE INDEX IF NOT EXISTS alert_events_of_rule ON alert_events (rule_id, time DESC, id DESC);

CREATE TABLE IF NOT EXISTS alert_silences (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project    text NOT NULL REFERENCES projects (id),
  matchers   text NOT NULL,
  starts_at  timestamptz NOT NULL,
  ends_at    timestamptz NOT NULL,
  who        text NOT NULL,
  comment    text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Alerts that make one message, for each channel that is told.
CREATE TABLE IF NOT EXISTS alert_groups (
  id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project            text NOT NULL,
  key                text NOT NULL,
  channel            text NOT NULL,
  labels             jsonb NOT NULL,
  interval_s         integer NOT NULL,
  repeat_s           integer NOT NULL,
  -- Of the last message that was made, and of the last that arrived.
  sequence           integer NOT NULL DEFAULT 0,
  delivered_sequence integer NOT NULL DEFAULT 0,
  made_at            timestamptz,
  due_at             timestamptz,
  reference          text,
  UNIQUE (project, key, channel)
);

CREATE INDEX IF NOT EXISTS alert_groups_due ON alert_groups (due_at) WHERE due_at IS NOT NULL;

-- A row for each time that an alert fires, until those of the group know that it is over.
CREATE TABLE IF NOT EXISTS alert_members (
  id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  group_id          bigint NOT NULL REFERENCES alert_groups (id) ON DELETE CASCADE,
  instance_id       text NOT NULL,
  since             timestamptz NOT NULL,
  state             text NOT NULL,
  line              jsonb NOT NULL,
  -- The message that says that it fires, and the one that says that it is over.
  told_sequence     integer,
  resolved_sequence integer,
  UNIQUE (group_id, instance_id, since)
);

CREATE INDEX IF NOT EXISTS alert_members_of_instance ON alert_members (instance_id);

CREATE TABLE IF NOT EXISTS alert_outbox (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project      text NOT NULL,
  group_id     bigint NOT NULL,
  channel      text NOT NULL,
  sequence     integer NOT NULL,
  dedupe_key   text NOT NULL UNIQUE,
  body         jsonb NOT NULL,
  state        text NOT NULL DEFAULT 'waiting',
  attempts     integer NOT NULL DEFAULT 0,
  created_at   timestamptz NOT NULL DEFAULT now(),
  due_at       timestamptz NOT NULL DEFAULT now(),
  holder       text,
  lease_until  timestamptz,
  delivered_at timestamptz,
  last_error   text
);

CREATE INDEX IF NOT EXISTS alert_outbox_due ON alert_outbox (due_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX IF NOT EXISTS alert_outbox_of_group ON alert_outbox (group_id, sequence);
CREATE INDEX IF NOT EXISTS alert_outbox_newest ON alert_outbox (project, id DESC);

CREATE TABLE IF NOT EXISTS alert_leases (
  name   text PRIMARY KEY,
  holder text NOT NULL,
  until  timestamptz NOT NULL,
  -- Grows with each holder: whoever comes with an old one is too late.
  fence  bigint NOT NULL
);
