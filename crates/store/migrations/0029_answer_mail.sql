-- Who is told by mail that their request was answered: one address for a request. It goes with its customer.
CREATE TABLE answer_mail (
  request_id  BIGINT  NOT NULL PRIMARY KEY REFERENCES request (id),
  customer_id BIGINT  NOT NULL REFERENCES customer (id),
  address     TEXT    NOT NULL,
  -- What the desk knows the address by without keeping it: a MAC under a key outside of the database.
  mark        {bytes} NOT NULL,
  language    TEXT    NOT NULL,
  asked_at    BIGINT  NOT NULL,
  -- The answer (entry.seq) that was told last; 0: none.
  told_seq    BIGINT  NOT NULL,
  -- When a mail server said that there is no such address.
  refused_at  BIGINT
);
CREATE INDEX answer_mail_customer ON answer_mail (customer_id);
CREATE INDEX answer_mail_mark ON answer_mail (mark);

-- Addresses whose owners want no such mail. It stays when everything else about them is erased.
CREATE TABLE answer_mail_stop (
  mark       {bytes} NOT NULL PRIMARY KEY,
  stopped_at BIGINT  NOT NULL
) {clustered};

-- How many of these mails an address was sent on a day (UTC, days since 1970).
CREATE TABLE answer_mail_day (
  mark  {bytes} NOT NULL,
  day   BIGINT  NOT NULL,
  mails BIGINT  NOT NULL,
  PRIMARY KEY (mark, day)
) {clustered};
