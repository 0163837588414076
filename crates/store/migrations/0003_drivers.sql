-- What may explain how many requests there are: events, and how many people used the app. Ids are made by the
-- application; times are UTC microseconds; days are days in UTC since 1970-01-01; JSON is TEXT.

-- Credentials of other systems: kind 'bearer' (SHA-256 of the token) or 'webhook' (its key is derived from the id).
CREATE TABLE machine_token (
  id         BIGINT  NOT NULL PRIMARY KEY,
  kind       TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  token_hash {bytes} UNIQUE,
  -- What it is good for, separated by commas.
  scopes     TEXT    NOT NULL,
  created_by BIGINT  NOT NULL REFERENCES agent (id),
  created_at BIGINT  NOT NULL,
  used_at    BIGINT,
  revoked_at BIGINT
);

CREATE TABLE driver (
  id          BIGINT NOT NULL PRIMARY KEY,
  kind        TEXT   NOT NULL,
  title       TEXT   NOT NULL,
  note        TEXT   NOT NULL,
  starts_at   BIGINT NOT NULL,
  -- NULL: a moment, such as a release, or not over yet.
  ends_at     BIGINT,
  -- Dimension to values (domain::Scope); {} is everything.
  scope       TEXT   NOT NULL,
  source      TEXT   NOT NULL,
  -- How the system that told of it names it; for what a person entered the id that the console made, if any.
  external_id TEXT,
  -- The agent who entered it, or the token by which it came.
  agent_id    BIGINT REFERENCES agent (id),
  token_id    BIGINT REFERENCES machine_token (id),
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  removed_at  BIGINT,
  UNIQUE (source, external_id)
);
CREATE INDEX driver_start ON driver (starts_at, id);

-- How many people used the app on a day, as one source tells it. What is not known of them is the empty text.
CREATE TABLE active_users (
  day         BIGINT NOT NULL,
  source      TEXT   NOT NULL,
  app_version TEXT   NOT NULL,
  region      TEXT   NOT NULL,
  platform    TEXT   NOT NULL,
  users       BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  PRIMARY KEY (day, source, app_version, region, platform)
) {clustered};

-- Pings of a day that is not over, as a HyperLogLog sketch (desk::activity): who it was cannot be told from it.
CREATE TABLE ping (
  day         BIGINT  NOT NULL,
  app_version TEXT    NOT NULL,
  region      TEXT    NOT NULL,
  platform    TEXT    NOT NULL,
  sketch      {bytes} NOT NULL,
  PRIMARY KEY (day, app_version, region, platform)
);

-- The random part of the key under which a day's pings are hashed; thrown away when the day is over.
CREATE TABLE ping_key (
  day  BIGINT  NOT NULL PRIMARY KEY,
  salt {bytes} NOT NULL
);
