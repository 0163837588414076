-- What customers were told of how long they will wait, and what came of it. Both tables are only ever added to. There is no
-- agent in them: it is the desk that promises. Times are UTC microseconds, lengths of time seconds.

-- One for each time that a customer begins to wait: made_at is the request's waiting_since.
CREATE TABLE promise (
  request_id BIGINT           NOT NULL,
  made_at    BIGINT           NOT NULL,
  channel    TEXT             NOT NULL,
  at_risk    BOOLEAN          NOT NULL,
  -- Place in line, and how many agents were there.
  place      BIGINT           NOT NULL,
  present    BIGINT           NOT NULL,
  -- What was said: half of those who wait like this, and four fifths of them, are answered by then. NULL: that it is unknown.
  p50        BIGINT,
  p80        BIGINT,
  -- What the model said before it was corrected and rounded, and without the time for which the desk was closed.
  model_p50  DOUBLE PRECISION,
  model_p80  DOUBLE PRECISION,
  closed     BIGINT           NOT NULL,
  -- Which model.
  model      BIGINT           NOT NULL,
  PRIMARY KEY (request_id, made_at)
) {clustered};
CREATE INDEX promise_made ON promise (made_at);

CREATE TABLE promise_outcome (
  request_id BIGINT NOT NULL,
  made_at    BIGINT NOT NULL,
  ended_at   BIGINT NOT NULL,
  -- 'answered' by a person; or the state in which the wait ended without an answer.
  outcome    TEXT   NOT NULL,
  PRIMARY KEY (request_id, made_at)
) {clustered};
CREATE INDEX promise_outcome_ended ON promise_outcome (ended_at);
