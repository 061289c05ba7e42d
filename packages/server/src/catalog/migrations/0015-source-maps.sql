-- Source maps of built programs, by release and built file, packed with gzip.
CREATE TABLE source_maps (
  project     text NOT NULL REFERENCES projects (id),
  release     text NOT NULL,
  file        text NOT NULL,
  bytes       integer NOT NULL,
  content     bytea NOT NULL,
  uploaded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project, release, file)
);

-- Packed already: packing it again would cost time and save nothing.
ALTER TABLE source_maps ALTER COLUMN content SET STORAGE EXTERNAL;
