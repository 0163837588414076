-- Who works when. Nothing here says who was there: that is never written down about anybody.

-- What somebody can do, and what was agreed about their time.
CREATE TABLE person (
  agent_id        BIGINT NOT NULL PRIMARY KEY REFERENCES agent (id),
  -- Goes up with every change; 0: nobody has entered anything.
  version         BIGINT NOT NULL,
  -- domain::roster::Profile and Contract as JSON; no contract: nothing was agreed.
  profile         TEXT   NOT NULL,
  contract        TEXT,
  -- Goes up when the secret address of the calendar is renewed: older ones are void.
  feed_generation BIGINT NOT NULL,
  -- Goes up with whatever is decided about their shifts, so that of two decisions at once the second sees the first.
  turn            BIGINT NOT NULL,
  changed_at      BIGINT NOT NULL,
  changed_by      BIGINT REFERENCES agent (id)
);

CREATE TABLE shift (
  id           BIGINT NOT NULL PRIMARY KEY,
  -- NULL: somebody is to be found.
  agent_id     BIGINT REFERENCES agent (id),
  starts_at    BIGINT NOT NULL,
  ends_at      BIGINT NOT NULL,
  -- For what it is; NULL: for everything.
  language     TEXT,
  skill        TEXT,
  version      BIGINT NOT NULL,
  -- NULL: a draft, which only those see who plan.
  published_at BIGINT,
  -- A published one that was called off. Drafts are deleted.
  removed_at   BIGINT,
  changed_at   BIGINT NOT NULL,
  changed_by   BIGINT NOT NULL REFERENCES agent (id)
);
CREATE INDEX shift_time ON shift (starts_at);
CREATE INDEX shift_agent ON shift (agent_id, starts_at);
CREATE INDEX shift_changed_by ON shift (changed_by);

-- Rules that somebody broke on purpose, and why.
CREATE TABLE rule_exception (
  id         BIGINT NOT NULL PRIMARY KEY,
  at         BIGINT NOT NULL,
  agent_id   BIGINT NOT NULL REFERENCES agent (id),
  reason     TEXT   NOT NULL,
  -- domain::roster::Violation, a list as JSON.
  violations TEXT   NOT NULL
);
CREATE INDEX rule_exception_agent ON rule_exception (agent_id);

CREATE TABLE time_off (
  id         BIGINT NOT NULL PRIMARY KEY,
  agent_id   BIGINT NOT NULL REFERENCES agent (id),
  starts_at  BIGINT NOT NULL,
  ends_at    BIGINT NOT NULL,
  -- What they say about it, for those who decide.
  note       TEXT   NOT NULL,
  -- domain::roster::TimeOffState.
  state      TEXT   NOT NULL,
  version    BIGINT NOT NULL,
  asked_at   BIGINT NOT NULL,
  decided_at BIGINT,
  decided_by BIGINT REFERENCES agent (id)
);
CREATE INDEX time_off_agent ON time_off (agent_id, starts_at);
CREATE INDEX time_off_state ON time_off (state, starts_at);
CREATE INDEX time_off_decided_by ON time_off (decided_by);

-- A wish to hand over a shift, to exchange it, or to take an open one.
CREATE TABLE swap (
  id             BIGINT NOT NULL PRIMARY KEY,
  -- Who asks.
  agent_id       BIGINT NOT NULL REFERENCES agent (id),
  shift_id       BIGINT NOT NULL REFERENCES shift (id),
  -- As it was when it was asked for: of a shift that was changed meanwhile nobody has said yes.
  shift_version  BIGINT NOT NULL,
  -- Who is to work; NULL: whoever says yes first.
  to_agent_id    BIGINT REFERENCES agent (id),
  -- What is given for it; NULL: nothing.
  return_shift_id BIGINT REFERENCES shift (id),
  return_version BIGINT,
  -- domain::roster::SwapState.
  state          TEXT   NOT NULL,
  version        BIGINT NOT NULL,
  asked_at       BIGINT NOT NULL,
  decided_at     BIGINT,
  decided_by     BIGINT REFERENCES agent (id)
);
CREATE INDEX swap_agent ON swap (agent_id);
CREATE INDEX swap_to_agent ON swap (to_agent_id);
CREATE INDEX swap_shift ON swap (shift_id);
CREATE INDEX swap_return ON swap (return_shift_id);
CREATE INDEX swap_decided_by ON swap (decided_by);
CREATE INDEX swap_state ON swap (state, asked_at);

-- How many people the roster said would be there in this minute; NULL: there was no roster. Sealed with the rows that have it.
ALTER TABLE online_minute ADD COLUMN rostered BIGINT;
