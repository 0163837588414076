-- Types of requests, learned: what agents settled, the models that were trained from it, and what a model said of a request.
-- Times are UTC microseconds; JSON is TEXT; types are codes of domain::TYPES.

-- The type that an agent settled, by correcting or confirming it; the latest word counts.
CREATE TABLE label (
  request_id BIGINT NOT NULL PRIMARY KEY REFERENCES request (id),
  type       TEXT   NOT NULL,
  agent_id   BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX label_age ON label (created_at);

-- Corrections from before there were labels.
INSERT INTO label (request_id, type, agent_id, created_at)
SELECT e.request_id, {event.to}, e.author_id, e.created_at FROM entry e
JOIN (SELECT request_id, max(seq) AS seq FROM entry
      WHERE kind = 'event' AND author_kind = 'agent' AND event LIKE '{"type":"retyped",%' GROUP BY request_id) AS last
  ON last.request_id = e.request_id AND last.seq = e.seq;

CREATE TABLE model (
  version  BIGINT  NOT NULL PRIMARY KEY,
  made_at  BIGINT  NOT NULL,
  -- Whether it took over when it was made. The latest that did is the one in use.
  accepted BOOLEAN NOT NULL,
  -- science::classify, "the stored form".
  bytes    {bytes} NOT NULL,
  -- How good it is, and how it compares with the one before.
  metrics  TEXT    NOT NULL
);

CREATE TABLE prediction (
  request_id    BIGINT           NOT NULL PRIMARY KEY REFERENCES request (id),
  -- The most probable type, and how probable it is, from 0 to 1.
  type          TEXT             NOT NULL,
  confidence    DOUBLE PRECISION NOT NULL,
  -- The next probable ones: [{"type": …, "confidence": …}].
  runners_up    TEXT             NOT NULL,
  -- Whether that is too little to name a type.
  unsure        BOOLEAN          NOT NULL,
  -- Whether the desk gave the request this type.
  applied       BOOLEAN          NOT NULL,
  model_version BIGINT           NOT NULL,
  created_at    BIGINT           NOT NULL
);
CREATE INDEX prediction_unsure ON prediction (created_at) WHERE unsure;
