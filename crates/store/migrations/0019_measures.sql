-- Where the first reply stands, so that it can be told whether its customer has read it; and how many seconds people had the
-- request in hand, as their consoles told, nothing where none did.
ALTER TABLE handling ADD COLUMN first_reply_seq BIGINT;
ALTER TABLE handling ADD COLUMN worked_s BIGINT;
UPDATE handling SET first_reply_seq =
  (SELECT min(e.seq) FROM entry e
   WHERE e.request_id = handling.request_id AND e.kind = 'text' AND e.author_kind = 'agent')
WHERE reply_count > 0;

-- For tools that read PostgreSQL; nothing on SQLite.
{reporting.handling}
