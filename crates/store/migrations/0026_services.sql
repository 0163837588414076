-- What was seen of each service, that is of each language by each channel (domain::Services::text); NULL in rows from before they
-- were told apart.
ALTER TABLE online_minute ADD COLUMN services TEXT;

-- Test messages that were sent from elsewhere, and what came of them. Rows are only added, each sealed over the one before it, and
-- of a place the first word about a minute holds.
CREATE TABLE online_probe (
  -- From 1 without gaps.
  seq      BIGINT NOT NULL PRIMARY KEY,
  -- From where, as whoever runs the probe calls it.
  place    TEXT   NOT NULL,
  -- Minutes since 1970: when it was sent, by the clock of that place.
  minute   BIGINT NOT NULL,
  -- Milliseconds to its receipt, -1 for none.
  probe_ms BIGINT NOT NULL,
  -- Which token told of it, and when.
  token_id BIGINT NOT NULL REFERENCES machine_token (id),
  told_at  BIGINT NOT NULL,
  -- The MAC over the seal before it and this row.
  seal     {bytes} NOT NULL
);
CREATE UNIQUE INDEX online_probe_once ON online_probe (minute, place);
CREATE INDEX online_probe_token ON online_probe (token_id);
{only_added.online_probe}
