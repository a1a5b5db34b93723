-- Full pages of a past that is being read: a read that is cut off goes on from here instead of asking again. They go
-- when the record that they became is stored.
CREATE TABLE history_pages (
  trader_id int8 NOT NULL REFERENCES traders,
  -- Where this read begins, ms UTC (exclusive): pages of another beginning are of no use to it.
  from_time int8 NOT NULL,
  stream    text NOT NULL,
  page      int4 NOT NULL,
  cursor    jsonb NOT NULL,                    -- where the next page begins
  rows      bytea NOT NULL,                    -- the venue's rows as JSON, deflated
  read_at   int8 NOT NULL,
  PRIMARY KEY (trader_id, from_time, stream, page)
);
ALTER TABLE history_pages ALTER COLUMN rows SET STORAGE EXTERNAL;

-- What the venue's own leaderboard file says of accounts: only which pasts are worth reading first.
CREATE TABLE history_hints (
  address          bytea PRIMARY KEY CHECK (octet_length(address) = 20),
  account_value    float8 NOT NULL,            -- USD
  month_volume     float8 NOT NULL,            -- USD
  month_return     float8 NOT NULL,            -- fraction
  read_at          int8 NOT NULL
);
