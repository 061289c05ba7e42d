-- What a key may do, and how many requests a minute it may send (NULL: any number). Keys made before this may do everything.
ALTER TABLE api_keys
  ADD COLUMN scopes              text[] NOT NULL DEFAULT '{ingest,read,write,admin}'
    CHECK (cardinality(scopes) > 0 AND scopes <@ '{ingest,read,write,admin}'::text[]),
  ADD COLUMN requests_per_minute integer CHECK (requests_per_minute > 0);
