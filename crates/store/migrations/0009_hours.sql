-- When the desk is open. Nothing is changed and nothing is deleted: each change is a further version, so that what was
-- measured by an older one stays as it was. Ids are made by the application; times are UTC microseconds; JSON is TEXT.
CREATE TABLE schedule_version (
  schedule_id BIGINT NOT NULL,
  -- From 1 without gaps.
  version     BIGINT NOT NULL,
  -- Since when it is so, until the next version. 0: for all time before, too.
  valid_from  BIGINT NOT NULL,
  name        TEXT   NOT NULL,
  -- For whom (domain::Coverage).
  coverage    TEXT   NOT NULL,
  -- domain::Schedule; NULL: it was taken away.
  definition  TEXT,
  -- Who said so; NULL for what the program itself entered.
  agent_id    BIGINT REFERENCES agent (id),
  created_at  BIGINT NOT NULL,
  PRIMARY KEY (schedule_id, version)
);
