-- Prices of a project's own. The first by position that fits a model counts. US dollars per million tokens, `request` per call.
CREATE TABLE price_overrides (
  project     text NOT NULL REFERENCES projects (id),
  position    integer NOT NULL,
  model       text NOT NULL,
  provider    text,
  input       double precision NOT NULL,
  output      double precision NOT NULL,
  cache_read  double precision,
  cache_write double precision,
  reasoning   double precision,
  request     double precision,
  PRIMARY KEY (project, position)
);
