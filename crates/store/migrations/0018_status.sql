-- Requests that belong to an incident: whatever the public is told of it, their customers are told, too.
CREATE TABLE incident_request (
  driver_id   BIGINT NOT NULL REFERENCES driver (id),
  request_id  BIGINT NOT NULL REFERENCES request (id),
  linked_at   BIGINT NOT NULL,
  -- Who said that it belongs to it.
  agent_id    BIGINT NOT NULL REFERENCES agent (id),
  -- Set when somebody said that it does not, after all.
  unlinked_at BIGINT,
  -- The claim that was made when the incident was over (resolution.episode), and since when the customer had waited then.
  episode     BIGINT,
  since       BIGINT,
  PRIMARY KEY (driver_id, request_id)
) {clustered};
CREATE INDEX incident_request_request ON incident_request (request_id);
CREATE INDEX incident_request_agent ON incident_request (agent_id);

-- What was written of an update into a request: once. A seq of 0 says that it was to be told to nobody there.
CREATE TABLE incident_message (
  update_id  BIGINT NOT NULL REFERENCES incident_update (id),
  request_id BIGINT NOT NULL REFERENCES request (id),
  seq        BIGINT NOT NULL,
  PRIMARY KEY (update_id, request_id)
) {clustered};
CREATE INDEX incident_message_request ON incident_message (request_id);

-- Who wants to hear when something is wrong with the desk, or planned. Whoever does not is removed.
CREATE TABLE status_subscription (
  id            BIGINT NOT NULL PRIMARY KEY,
  -- 'mail' or 'webhook'.
  kind          TEXT   NOT NULL,
  -- The address of the mail, or of the webhook.
  address       TEXT   NOT NULL,
  language      TEXT   NOT NULL,
  -- When it was asked for last, and when whoever has the address said yes. Nobody is told anything before.
  asked_at      BIGINT NOT NULL,
  confirmed_at  BIGINT,
  -- Since when nothing arrives, and when the desk gave up.
  failing_since BIGINT,
  off_at        BIGINT
);
CREATE UNIQUE INDEX status_subscription_address ON status_subscription (kind, address);

-- Calendars at an address, from which schedules take their holidays and make-up working days.
CREATE TABLE calendar (
  id          BIGINT NOT NULL PRIMARY KEY,
  schedule_id BIGINT NOT NULL,
  url         TEXT   NOT NULL,
  -- Who entered it.
  agent_id    BIGINT NOT NULL REFERENCES agent (id),
  -- The days that the last good copy gave (domain::SpecialDay), and when that was.
  days        TEXT   NOT NULL,
  fetched_at  BIGINT NOT NULL,
  -- When it was looked at last, and what was wrong then: 'unreachable' or 'malformed'.
  tried_at    BIGINT NOT NULL,
  problem     TEXT
);
CREATE UNIQUE INDEX calendar_of ON calendar (schedule_id, url);
CREATE INDEX calendar_agent ON calendar (agent_id);
