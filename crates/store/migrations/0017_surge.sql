-- What the desk does when more ask than it can answer. Times are UTC microseconds; JSON is TEXT.

-- What is done at each level: every version that ever held; the highest is in force.
CREATE TABLE surge_plan (
  version    BIGINT NOT NULL PRIMARY KEY,
  plan       TEXT   NOT NULL,
  -- Who chose it.
  agent_id   BIGINT NOT NULL REFERENCES agent (id),
  created_at BIGINT NOT NULL
);
CREATE INDEX surge_plan_agent ON surge_plan (agent_id);

-- From leaving the normal level to being back at it.
CREATE TABLE surge (
  id         BIGINT NOT NULL PRIMARY KEY,
  started_at BIGINT NOT NULL,
  ended_at   BIGINT,
  -- The highest level of it: 'busy', 'surge' or 'storm'.
  peak       TEXT   NOT NULL
);
CREATE INDEX surge_started ON surge (started_at);

-- The level as it stands, one row: it is read, decided upon and written back by its version.
CREATE TABLE surge_state (
  name    TEXT   NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  state   TEXT   NOT NULL
);

-- Every change of the level, and of what a person decided about it. Rows are only added.
CREATE TABLE surge_change (
  id         BIGINT NOT NULL PRIMARY KEY,
  surge_id   BIGINT REFERENCES surge (id),
  at         BIGINT NOT NULL,
  -- 'moved' by what was seen, 'held' or 'released' by a person, 'expired' when the time of a hold was over.
  kind       TEXT   NOT NULL,
  from_level TEXT   NOT NULL,
  to_level   TEXT   NOT NULL,
  -- What spoke for it, separated by commas.
  causes     TEXT   NOT NULL,
  -- What was seen then.
  load       DOUBLE PRECISION,
  waiting    BIGINT NOT NULL,
  present    BIGINT NOT NULL,
  -- Who did it, why, and until when.
  agent_id   BIGINT REFERENCES agent (id),
  reason     TEXT   NOT NULL,
  until      BIGINT
);
CREATE INDEX surge_change_surge ON surge_change (surge_id, id);
CREATE INDEX surge_change_agent ON surge_change (agent_id);

-- An answer that was promised instead of a conversation: by when. What came of it stands in promise_outcome.
CREATE TABLE surge_promise (
  request_id BIGINT NOT NULL REFERENCES request (id),
  made_at    BIGINT NOT NULL,
  due_at     BIGINT NOT NULL,
  PRIMARY KEY (request_id, made_at)
) {clustered};
CREATE INDEX surge_promise_made ON surge_promise (made_at);

-- The latest figure that another system told, by what it is called there.
CREATE TABLE surge_signal (
  source   TEXT             NOT NULL PRIMARY KEY,
  value    DOUBLE PRECISION NOT NULL,
  at       BIGINT           NOT NULL,
  token_id BIGINT           NOT NULL REFERENCES machine_token (id)
);
CREATE INDEX surge_signal_token ON surge_signal (token_id);
