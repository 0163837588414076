-- Reports and events count their changes, as dashboards do: whoever changes one says which state was seen, so that of two
-- people who change the same one at once neither undoes the other's work unseen.
ALTER TABLE report ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE driver ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
