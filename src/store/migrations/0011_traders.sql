-- Every address that was ever seen trading. Ids are given by the stream role, the only writer of this table.
CREATE TABLE traders (
  trader_id       int8 PRIMARY KEY,
  address         bytea NOT NULL UNIQUE CHECK (octet_length(address) = 20),
  first_seen_at   int8 NOT NULL,            -- exchange time of the first and last trade seen
  last_seen_at    int8 NOT NULL,
  trade_count     int8 NOT NULL,
  notional_usd    numeric NOT NULL,
  coin_count      int4 NOT NULL,
  through_seq     int8 NOT NULL,            -- trades before this seq are in the totals
  last_tracked_at int8                      -- venue time of the last account snapshot that was judged
) WITH (fillfactor = 85);
CREATE INDEX traders_last_seen ON traders (last_seen_at, trader_id);
CREATE INDEX traders_first_seen ON traders (first_seen_at, trader_id);
CREATE INDEX traders_trade_count ON traders (trade_count, trader_id);
CREATE INDEX traders_notional ON traders (notional_usd, trader_id);
CREATE INDEX traders_last_tracked ON traders (last_tracked_at NULLS FIRST, trader_id);

-- Traders whose changes are written at once and polled first. The user's list.
CREATE TABLE watchlist (
  trader_id int8 PRIMARY KEY REFERENCES traders,
  added_at  int8 NOT NULL
);
