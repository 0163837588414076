-- The mail that a mail goes on from, to the same recipient: mail programs show both as one conversation.
ALTER TABLE mail ADD COLUMN follows BIGINT REFERENCES mail (id);
CREATE INDEX mail_follows ON mail (follows);
