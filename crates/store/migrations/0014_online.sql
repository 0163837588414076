-- What each process of the desk saw of each minute. Rows are only added: the engine refuses to change or remove one, and each
-- is sealed over the one before it. Nobody's presence is written down, only how many were there.
CREATE TABLE online_minute (
  -- From 1 without gaps.
  seq     BIGINT NOT NULL PRIMARY KEY,
  -- Minutes since 1970.
  minute  BIGINT NOT NULL,
  -- The process, the start of it, and how many seconds it had run by a clock that does not jump.
  node    BIGINT NOT NULL,
  boot    BIGINT NOT NULL,
  up      BIGINT NOT NULL,
  -- People who were there to answer, requests that waited, and of those: longer than they were promised.
  present BIGINT NOT NULL,
  waiting BIGINT NOT NULL,
  late    BIGINT NOT NULL,
  -- The MAC over the seal before it and this row.
  seal    {bytes} NOT NULL
);
CREATE UNIQUE INDEX online_minute_once ON online_minute (minute, node);
{only_added.online_minute}

-- What the public is told of an incident, on the status page; an incident without a row here is the desk's own affair.
CREATE TABLE incident_update (
  id        BIGINT NOT NULL PRIMARY KEY,
  driver_id BIGINT NOT NULL REFERENCES driver (id),
  at        BIGINT NOT NULL,
  -- 'investigating', 'identified', 'monitoring' or 'resolved'.
  phase     TEXT   NOT NULL,
  -- What is said in Chinese, and in English.
  text_zh   TEXT   NOT NULL,
  text_en   TEXT   NOT NULL,
  -- Who said so.
  agent_id  BIGINT NOT NULL REFERENCES agent (id)
);
CREATE INDEX incident_update_driver ON incident_update (driver_id, id);
CREATE INDEX incident_update_agent ON incident_update (agent_id);
CREATE INDEX incident_update_at ON incident_update (at);
