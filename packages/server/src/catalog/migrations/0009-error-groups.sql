-- What people decided about groups of errors. The errors themselves are in the store.
CREATE TABLE error_groups (
  project       text NOT NULL REFERENCES projects (id),
  id            text NOT NULL,
  status        text NOT NULL DEFAULT 'unresolved' CHECK (status IN ('unresolved', 'resolved', 'ignored')),
  changed_at    timestamptz NOT NULL DEFAULT now(),
  changed_by    text,
  -- Versions that were known when it was resolved in the next one; null where any later error is a regression.
  known_versions jsonb,
  ignored_until timestamptz,
  assignee      text,
  PRIMARY KEY (project, id)
);

-- Where errors of a fingerprint, or of one variant of it, were put by hand.
CREATE TABLE error_moves (
  project  text NOT NULL REFERENCES projects (id),
  kind     text NOT NULL CHECK (kind IN ('fingerprint', 'variant')),
  part     text NOT NULL,
  group_id text NOT NULL,
  moved_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project, kind, part)
);

CREATE INDEX error_moves_group ON error_moves (project, group_id);
