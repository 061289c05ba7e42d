-- What a team looks at every morning: dashboards with all their versions, and views of lists.
CREATE TABLE dashboards (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project    text NOT NULL REFERENCES projects (id),
  name       text NOT NULL,
  version    integer NOT NULL DEFAULT 1,
  document   jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (project, name)
);

CREATE TABLE dashboard_versions (
  dashboard_id uuid NOT NULL REFERENCES dashboards (id) ON DELETE CASCADE,
  version      integer NOT NULL,
  document     jsonb NOT NULL,
  saved_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (dashboard_id, version)
);

-- A list as somebody wants to see it again. The owner is a browser's own name for itself; empty for the whole project.
CREATE TABLE saved_views (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project    text NOT NULL REFERENCES projects (id),
  page       text NOT NULL,
  name       text NOT NULL,
  owner      text NOT NULL DEFAULT '',
  search     jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (project, page, owner, name)
);
