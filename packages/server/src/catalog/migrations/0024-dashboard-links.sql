-- Links under which anybody sees one dashboard. Only the hash of the secret is kept. A revoked link stays, so that the list tells of it.
CREATE TABLE dashboard_links (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  dashboard_id uuid NOT NULL REFERENCES dashboards (id) ON DELETE CASCADE,
  hash         text NOT NULL UNIQUE,
  note         text NOT NULL,
  created_by   text NOT NULL,
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz
);

CREATE INDEX dashboard_links_of ON dashboard_links (dashboard_id, created_at DESC);
