-- Times at which something of the desk pauses, said beforehand and while they last.

CREATE TABLE maintenance (
  id         BIGINT NOT NULL PRIMARY KEY,
  -- What the client called the command that made it; the same is made once.
  client_id  TEXT   NOT NULL,
  starts_at  BIGINT NOT NULL,
  -- Until when, as users were told. It is over then by itself.
  ends_at    BIGINT NOT NULL,
  -- What it is about, in words of the desk's own; empty where the usual words do.
  text_zh    TEXT   NOT NULL,
  text_en    TEXT   NOT NULL,
  -- Who said so; NULL: whoever runs the machine.
  agent_id   BIGINT REFERENCES agent (id),
  created_at BIGINT NOT NULL,
  -- When it was ended early, or called off.
  ended_at   BIGINT
);
CREATE UNIQUE INDEX maintenance_client ON maintenance (client_id);
CREATE INDEX maintenance_ahead ON maintenance (ends_at) WHERE ended_at IS NULL;
