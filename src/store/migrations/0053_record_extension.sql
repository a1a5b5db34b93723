-- The record with what the feed has shown since the venue was last asked: trades in the event log and account values
-- of the rotation. It is made from `record` each time, and goes when the venue's own word replaces it.
ALTER TABLE trader_records
  ADD COLUMN extended         bytea,
  ADD COLUMN extended_through int8,
  ADD COLUMN tried_through    int8 NOT NULL DEFAULT 0,  -- newest account value that was tried
  ADD CHECK ((extended IS NULL) = (extended_through IS NULL));
ALTER TABLE trader_records ALTER COLUMN extended SET STORAGE EXTERNAL;

-- Why the feed did not suffice and the venue has to be asked; null: it does.
ALTER TABLE trader_history ADD COLUMN feed_failed text;
