-- To which Sentry the errors of a project are sent on, and how far that has come. The DSN is a secret.
CREATE TABLE error_forwards (
  project      text PRIMARY KEY REFERENCES projects (id),
  dsn          text NOT NULL,
  is_active    boolean NOT NULL DEFAULT true,
  -- The last error that was dealt with: when it was stored, and its key among those of that moment.
  stored_ms    bigint NOT NULL,
  stored_key   text NOT NULL DEFAULT '0',
  sent         bigint NOT NULL DEFAULT 0,
  refused      bigint NOT NULL DEFAULT 0,
  skipped      bigint NOT NULL DEFAULT 0,
  last_sent_at timestamptz,
  failure      text,
  attempts     integer NOT NULL DEFAULT 0,
  retry_at     timestamptz,
  owner        text,
  lease_until  timestamptz NOT NULL DEFAULT '-infinity'
);
