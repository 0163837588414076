-- The desk: one text for both engines. {bytes} is BLOB or BYTEA; {position} is a primary key that the engine
-- numbers in order of insertion; {clustered} keeps a table of short rows in its key's index alone, where there is such. Ids are made by the application; times are UTC microseconds; JSON is TEXT.

CREATE TABLE customer (
  id           BIGINT  NOT NULL PRIMARY KEY,
  name         TEXT,
  email        TEXT,
  language     TEXT    NOT NULL,
  verified     BOOLEAN NOT NULL,
  merged_into  BIGINT  REFERENCES customer (id),
  first_seen_at BIGINT NOT NULL
);
CREATE INDEX customer_merged ON customer (merged_into) WHERE merged_into IS NOT NULL;

-- Who a caller is: kind 'visitor' (SHA-256 of the visitor secret) or 'host' (issuer and subject of a signed token).
CREATE TABLE identity (
  kind        TEXT   NOT NULL,
  subject     TEXT   NOT NULL,
  customer_id BIGINT NOT NULL REFERENCES customer (id),
  created_at  BIGINT NOT NULL,
  PRIMARY KEY (kind, subject)
) {clustered};
CREATE INDEX identity_customer ON identity (customer_id);

CREATE TABLE agent (
  id            BIGINT NOT NULL PRIMARY KEY,
  email         TEXT   NOT NULL UNIQUE,
  name          TEXT   NOT NULL,
  role          TEXT   NOT NULL,
  password_hash TEXT   NOT NULL,
  language      TEXT   NOT NULL,
  created_at    BIGINT NOT NULL,
  disabled_at   BIGINT
);

CREATE TABLE team (
  id         BIGINT NOT NULL PRIMARY KEY,
  name       TEXT   NOT NULL UNIQUE,
  created_at BIGINT NOT NULL
);

CREATE TABLE team_member (
  team_id  BIGINT NOT NULL REFERENCES team (id),
  agent_id BIGINT NOT NULL REFERENCES agent (id),
  PRIMARY KEY (team_id, agent_id)
);

CREATE TABLE session (
  token_hash {bytes} NOT NULL PRIMARY KEY,
  agent_id   BIGINT  NOT NULL REFERENCES agent (id),
  created_at BIGINT  NOT NULL,
  seen_at    BIGINT  NOT NULL,
  expires_at BIGINT  NOT NULL
);
CREATE INDEX session_agent ON session (agent_id);

CREATE TABLE request (
  id               BIGINT  NOT NULL PRIMARY KEY,
  number           TEXT    NOT NULL UNIQUE,
  customer_id      BIGINT  NOT NULL REFERENCES customer (id),
  state            TEXT    NOT NULL,
  -- Whether anybody still has something to do: state is open, waiting or on_hold.
  active           BOOLEAN NOT NULL,
  -- The order of every inbox: at risk first, then waiting longest (domain::queue::Key).
  queue_key        BIGINT  NOT NULL,
  type             TEXT    NOT NULL,
  urgency          BIGINT  NOT NULL,
  at_risk          BOOLEAN NOT NULL,
  channel          TEXT    NOT NULL,
  language         TEXT    NOT NULL,
  subject          TEXT    NOT NULL,
  chain            TEXT,
  -- What its entries give, taken together (desk::fold): answers to the intake form, values of the host's app, and
  -- what was recognised in the customer's words. The chain above is that of the first identifier that has one.
  fields           TEXT    NOT NULL,
  context          TEXT    NOT NULL,
  identifiers      TEXT    NOT NULL,
  tags             TEXT    NOT NULL,
  team_id          BIGINT  REFERENCES team (id),
  assignee_id      BIGINT  REFERENCES agent (id),
  merged_into      BIGINT  REFERENCES request (id),
  previous_id      BIGINT  REFERENCES request (id),
  created_at       BIGINT  NOT NULL,
  updated_at       BIGINT  NOT NULL,
  waiting_since    BIGINT,
  first_reply_at   BIGINT,
  solved_at        BIGINT,
  closed_at        BIGINT,
  reopen_count     BIGINT  NOT NULL,
  follow_up_count  BIGINT  NOT NULL,
  last_seq         BIGINT  NOT NULL,
  -- Beginning of the last text, for lists; never longer than 140 characters.
  last_text        TEXT    NOT NULL,
  last_author      TEXT    NOT NULL,
  customer_read_seq BIGINT NOT NULL,
  link_generation  BIGINT  NOT NULL,
  -- Head of the entry chain (desk::chain), and the MAC of the whole row under the desk's key (desk::seal).
  head             {bytes} NOT NULL,
  head_mac         {bytes} NOT NULL
);
CREATE INDEX request_customer ON request (customer_id, id);
CREATE INDEX request_queue ON request (queue_key, id) WHERE active;
CREATE INDEX request_assignee ON request (assignee_id, queue_key, id) WHERE active;
CREATE INDEX request_done ON request (updated_at, id) WHERE NOT active;

CREATE TABLE entry (
  request_id    BIGINT  NOT NULL REFERENCES request (id),
  seq           BIGINT  NOT NULL,
  kind          TEXT    NOT NULL,
  author_kind   TEXT    NOT NULL,
  author_id     BIGINT,
  -- Whether the customer may see it.
  visible       BOOLEAN NOT NULL,
  channel       TEXT    NOT NULL,
  text          TEXT,
  event         TEXT,
  attachments   TEXT,
  identifiers   TEXT,
  client_id     TEXT,
  -- What came with these words: {"fields": {…}, "context": {…}}.
  intake        TEXT,
  created_at    BIGINT  NOT NULL,
  -- Destroyed with the text, so that an erased text cannot be guessed from its commitment.
  salt          {bytes},
  commitment    {bytes} NOT NULL,
  chain         {bytes} NOT NULL,
  erased_at     BIGINT,
  erased_reason TEXT,
  PRIMARY KEY (request_id, seq)
);

-- How many requests began in an hour, so that none can be removed whole without it showing (desk::census). Written once,
-- when the hour has been over for an hour; hours without requests have no row.
CREATE TABLE census (
  hour       BIGINT  NOT NULL PRIMARY KEY,
  -- The hour of the row before, 0 for none: nothing began between the two. Unique, so that there is one sequence.
  previous   BIGINT  NOT NULL UNIQUE,
  requests   BIGINT  NOT NULL,
  digest     {bytes} NOT NULL,
  counted_at BIGINT  NOT NULL,
  mac        {bytes} NOT NULL
);

-- Answers already given, by caller and client message id: the same question gets the same receipt.
CREATE TABLE receipt (
  key        {bytes} NOT NULL PRIMARY KEY,
  request_id BIGINT  NOT NULL,
  seq        BIGINT  NOT NULL,
  body       TEXT    NOT NULL,
  created_at BIGINT  NOT NULL
);
-- Old answers are found by their age, not by looking at every one while nobody else can write.
CREATE INDEX receipt_age ON receipt (created_at);

CREATE TABLE attachment (
  id         BIGINT  NOT NULL PRIMARY KEY,
  owner      TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  media_type TEXT    NOT NULL,
  size       BIGINT  NOT NULL,
  sha256     {bytes} NOT NULL,
  -- Kinds of secrets that were found in it and removed, separated by commas.
  findings   TEXT    NOT NULL,
  request_id BIGINT,
  seq        BIGINT,
  created_at BIGINT  NOT NULL,
  erased_at  BIGINT
);
CREATE INDEX attachment_loose ON attachment (created_at) WHERE request_id IS NULL;
CREATE INDEX attachment_entry ON attachment (request_id, seq);
CREATE INDEX attachment_bytes ON attachment (sha256);
CREATE INDEX attachment_erased ON attachment (erased_at) WHERE erased_at IS NOT NULL;

CREATE TABLE agent_read (
  request_id BIGINT NOT NULL REFERENCES request (id),
  agent_id   BIGINT NOT NULL REFERENCES agent (id),
  seq        BIGINT NOT NULL,
  PRIMARY KEY (request_id, agent_id)
);

CREATE TABLE tag (
  name       TEXT   NOT NULL PRIMARY KEY,
  created_at BIGINT NOT NULL
);

-- What was committed, in order; everything derived (live sockets, queue, search, facts) reads it by cursor.
CREATE TABLE outbox (
  position   {position},
  xid        {xid},
  request_id BIGINT NOT NULL,
  seq        BIGINT NOT NULL,
  kind       TEXT   NOT NULL,
  data       TEXT   NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX outbox_answered ON outbox (created_at) WHERE kind = 'answered';

CREATE TABLE job (
  id          BIGINT NOT NULL PRIMARY KEY,
  kind        TEXT   NOT NULL,
  payload     TEXT   NOT NULL,
  -- While set, no second job with this key is enqueued.
  dedupe      TEXT   UNIQUE,
  state       TEXT   NOT NULL,
  run_at      BIGINT NOT NULL,
  attempts    BIGINT NOT NULL,
  lease_until BIGINT,
  fence       BIGINT NOT NULL,
  last_error  TEXT,
  created_at  BIGINT NOT NULL
);
CREATE INDEX job_due ON job (run_at, id) WHERE state = 'ready';

CREATE TABLE setting (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);
