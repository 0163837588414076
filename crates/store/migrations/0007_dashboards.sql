-- What people look at in Insight again and again: a page with its choices, under a name. An address, never figures.

CREATE TABLE dashboard (
  id         BIGINT  NOT NULL PRIMARY KEY,
  -- Whose it is.
  agent_id   BIGINT  NOT NULL REFERENCES agent (id),
  -- What the client called the command that made it; the same is made once.
  client_id  TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  -- The page of Insight, and the query part of its address.
  page       TEXT    NOT NULL,
  search     TEXT    NOT NULL,
  -- For everybody who may see figures, or for its owner alone.
  shared     BOOLEAN NOT NULL,
  -- Counts changes: whoever changes it says which one was seen.
  version    BIGINT  NOT NULL,
  created_at BIGINT  NOT NULL,
  changed_at BIGINT  NOT NULL
);
CREATE UNIQUE INDEX dashboard_client ON dashboard (agent_id, client_id);

-- The one with which Insight begins for somebody.
CREATE TABLE dashboard_start (
  agent_id     BIGINT NOT NULL PRIMARY KEY REFERENCES agent (id),
  dashboard_id BIGINT NOT NULL REFERENCES dashboard (id)
);
CREATE INDEX dashboard_start_dashboard ON dashboard_start (dashboard_id);
