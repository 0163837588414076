-- Claims that assets are at risk which somebody on the desk found to be false: each time a request was moved out of the lane. Made
-- again from the entries by `standfast verify`.
CREATE TABLE false_claim (
  request_id  BIGINT NOT NULL REFERENCES request (id),
  -- The entry that says so.
  seq         BIGINT NOT NULL,
  -- Who moved it out, why (domain::FalseClaim), and when.
  agent_id    BIGINT NOT NULL REFERENCES agent (id),
  reason      TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  -- When it came back, by a person or by its customer's words.
  restored_at BIGINT,
  PRIMARY KEY (request_id, seq)
) {clustered};
CREATE INDEX false_claim_agent ON false_claim (agent_id);
CREATE INDEX false_claim_at ON false_claim (at);

-- What a test message through the public address came to: milliseconds to its receipt, -1 for none; NULL where none was sent.
ALTER TABLE online_minute ADD COLUMN probe_ms BIGINT;
