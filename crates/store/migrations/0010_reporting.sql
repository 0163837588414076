-- Requests whose history comes from another system. Their row's id is that of the time of importing, so that the census
-- counts them in an hour that is not counted yet; when they came is created_at, as everywhere.
CREATE TABLE imported (
  request_id   BIGINT  NOT NULL PRIMARY KEY REFERENCES request (id),
  -- The name that the operator gave to the other system.
  source       TEXT    NOT NULL,
  -- SHA-256 of the source and of the other system's name for it: the same one comes once.
  external_key {bytes} NOT NULL UNIQUE,
  -- What its history does not say, as a set of bits (store::imported::Untold): measures leave it out.
  untold       BIGINT  NOT NULL,
  imported_at  BIGINT  NOT NULL
);
CREATE INDEX imported_source ON imported (source);

-- Views for tools that read PostgreSQL; nothing on SQLite.
{reporting}
