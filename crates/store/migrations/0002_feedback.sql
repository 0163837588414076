-- What customers say of the help that they got. Their words are in the request's record, whose entries these rows name by
-- their sequence numbers: what is erased there is gone here.

-- One row for each time that a request was called solved, which is an episode: 1, 2, ….
CREATE TABLE resolution (
  request_id BIGINT NOT NULL REFERENCES request (id),
  episode    BIGINT NOT NULL,
  -- claimed, confirmed, assumed or repudiated.
  state      TEXT   NOT NULL,
  -- Who answered last before it was called solved, or who called it so without an answer.
  agent_id   BIGINT NOT NULL,
  claimed_at BIGINT NOT NULL,
  -- When the customer was asked once more.
  asked_at   BIGINT,
  -- customer, agent or system.
  decided_by TEXT,
  decided_at BIGINT,
  PRIMARY KEY (request_id, episode)
);
CREATE INDEX resolution_claimed ON resolution (claimed_at);

-- At most one for each episode; it can be corrected for a while.
CREATE TABLE rating (
  request_id BIGINT NOT NULL REFERENCES request (id),
  episode    BIGINT NOT NULL,
  -- 1 (very bad) to 5 (very good).
  score      BIGINT NOT NULL,
  reason     TEXT,
  -- The entry that holds the comment.
  seq        BIGINT NOT NULL,
  -- Whom it is about: as in the resolution.
  agent_id   BIGINT NOT NULL,
  channel    TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (request_id, episode)
);

-- A low rating or a complaint, until somebody has looked at it.
CREATE TABLE review (
  id         BIGINT NOT NULL PRIMARY KEY,
  -- low_rating or complaint.
  cause      TEXT   NOT NULL,
  request_id BIGINT NOT NULL REFERENCES request (id),
  -- The episode of a rating.
  episode    BIGINT,
  -- The entry that holds the customer's words.
  seq        BIGINT NOT NULL,
  -- Who answered last before it.
  agent_id   BIGINT,
  -- open, taken or done.
  state      TEXT   NOT NULL,
  taken_by   BIGINT,
  note       TEXT,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE INDEX review_request ON review (request_id);
CREATE INDEX review_open ON review (id) WHERE state <> 'done';
