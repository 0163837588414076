-- Reports, what was made of them, and mail. Ids are made by the application; times are UTC microseconds; JSON is TEXT.

CREATE TABLE report (
  id         BIGINT NOT NULL PRIMARY KEY,
  -- How people and the command name it.
  name       TEXT   NOT NULL,
  -- Sections, filters, period, language, recipients, schedule (insight::report::Definition).
  definition TEXT   NOT NULL,
  -- When its schedule makes it next; NULL: only by hand.
  next_at    BIGINT,
  -- NULL: entered by a command.
  created_by BIGINT REFERENCES agent (id),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  removed_at BIGINT
);
CREATE UNIQUE INDEX report_name ON report (name) WHERE removed_at IS NULL;
CREATE INDEX report_due ON report (next_at) WHERE removed_at IS NULL AND next_at IS NOT NULL;

CREATE TABLE report_run (
  id           BIGINT  NOT NULL PRIMARY KEY,
  report_id    BIGINT  NOT NULL REFERENCES report (id),
  -- What made it: 'schedule:' and the period, or 'hand:' and the client's id. The same occasion makes it once.
  occasion     TEXT    NOT NULL,
  -- The period: '2026-W47', '2026-10', '2026-11-21' or '2026-11-01..2026-11-15'.
  period       TEXT    NOT NULL,
  -- Whether it goes to the recipients.
  is_sent      BOOLEAN NOT NULL,
  requested_by BIGINT REFERENCES agent (id),
  created_at   BIGINT  NOT NULL,
  -- NULL: not yet.
  made_at      BIGINT,
  -- Why the last attempt failed.
  problem      TEXT,
  UNIQUE (report_id, occasion)
);
CREATE INDEX report_run_report ON report_run (report_id, id);

-- Kept for download; removed with age before its run is.
CREATE TABLE report_file (
  run_id BIGINT  NOT NULL REFERENCES report_run (id),
  -- 'html', 'csv', 'xlsx' or 'pdf'.
  format TEXT    NOT NULL,
  size   BIGINT  NOT NULL,
  bytes  {bytes} NOT NULL,
  PRIMARY KEY (run_id, format)
);

-- Mail that the desk sends, one row a recipient. It is sent by a job of the kind 'mail'.
CREATE TABLE mail (
  id         BIGINT NOT NULL PRIMARY KEY,
  -- The same key is sent once.
  dedupe     TEXT   NOT NULL UNIQUE,
  recipient  TEXT   NOT NULL,
  subject    TEXT   NOT NULL,
  -- Bodies; emptied with age.
  body_text  TEXT   NOT NULL,
  body_html  TEXT   NOT NULL,
  -- Its files are attached; NULL: nothing is.
  run_id     BIGINT REFERENCES report_run (id),
  formats    TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  -- When a server took it.
  sent_at    BIGINT,
  -- What a server answered last, without addresses.
  problem    TEXT
);
CREATE INDEX mail_run ON mail (run_id);
