-- Alarms: more requests than were to be expected. Times are UTC microseconds; JSON is TEXT.

-- Who does what one process alone may do; a lease that has ended is anybody's.
CREATE TABLE lease (
  name   TEXT   NOT NULL PRIMARY KEY,
  holder BIGINT NOT NULL,
  until  BIGINT NOT NULL
);

-- An event that nobody has confirmed yet; such events are in no list and in no plot.
ALTER TABLE driver ADD COLUMN draft BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE alarm (
  id         BIGINT           NOT NULL PRIMARY KEY,
  -- 'surge' or 'burst'.
  kind       TEXT             NOT NULL,
  -- 'open', 'acknowledged', 'dismissed' or 'incident'.
  state      TEXT             NOT NULL,
  -- Which requests, as narrowly as could be told: dimension to values (domain::Scope).
  segment    TEXT             NOT NULL,
  -- The watched series that it was seen in, as such a scope, and the usual part of its requests that the segment has.
  within     TEXT             NOT NULL,
  share      DOUBLE PRECISION NOT NULL,
  -- When the rise began, was seen, was looked at last, and was over.
  started_at BIGINT           NOT NULL,
  raised_at  BIGINT           NOT NULL,
  updated_at BIGINT           NOT NULL,
  ended_at   BIGINT,
  -- Requests since it began, and how many were to be expected.
  observed   BIGINT           NOT NULL,
  expected   DOUBLE PRECISION NOT NULL,
  -- What it was raised for: the window in minutes and the score.
  minutes    BIGINT           NOT NULL,
  score      DOUBLE PRECISION NOT NULL,
  -- [observed, expected] of every five minutes from here on.
  course_at  BIGINT           NOT NULL,
  course     TEXT             NOT NULL,
  -- The draft of an incident that it opened.
  driver_id  BIGINT           NOT NULL REFERENCES driver (id),
  -- Who decided last, when, and why it was dismissed.
  agent_id   BIGINT REFERENCES agent (id),
  decided_at BIGINT,
  reason     TEXT
);
CREATE INDEX alarm_going ON alarm (raised_at) WHERE ended_at IS NULL;
CREATE INDEX alarm_raised ON alarm (raised_at);

CREATE TABLE alarm_request (
  alarm_id   BIGINT NOT NULL REFERENCES alarm (id),
  request_id BIGINT NOT NULL REFERENCES request (id),
  PRIMARY KEY (alarm_id, request_id)
) {clustered};
CREATE INDEX alarm_request_request ON alarm_request (request_id);
