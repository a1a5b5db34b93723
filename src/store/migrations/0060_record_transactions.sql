-- Versions are drawn in the middle of transactions: 100 may be committed after somebody has read 101. Which records are
-- new to a reader is told by the transaction that gave the version, against the oldest one that was open when he read
-- before. A constant default, so that existing rows are not written again: they are older than whatever is open.
ALTER TABLE trader_records ADD COLUMN changed_in xid8 NOT NULL DEFAULT '0';
ALTER TABLE trader_records ALTER COLUMN changed_in SET DEFAULT pg_current_xact_id();

CREATE FUNCTION note_record_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed_in := pg_current_xact_id();
  RETURN NEW;
END $$;
CREATE TRIGGER trader_records_changed BEFORE UPDATE OF version ON trader_records
  FOR EACH ROW EXECUTE FUNCTION note_record_change();

-- In place of the index on versions, by which nobody looks any more.
CREATE INDEX trader_records_changed_in ON trader_records (changed_in);
ALTER TABLE trader_records DROP CONSTRAINT trader_records_version_key;
