-- Whether somebody is written to when their own shifts are published or changed.
ALTER TABLE person ADD COLUMN mail BOOLEAN NOT NULL DEFAULT TRUE;
