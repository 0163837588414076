-- When a bot of the other system first answered; NULL where none did, where its history does not tell bots from people, and for what
-- was imported before this column was there.
ALTER TABLE imported ADD COLUMN bot_reply_at BIGINT;

-- For tools that read PostgreSQL; nothing on SQLite.
{reporting.bot_reply}
