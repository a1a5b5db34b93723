-- Account snapshots that workers fetch, and what the stream role makes of them.

-- One row per (trader, dex) and poll: equity, margin, positions. Kept by day.
CREATE TABLE account_snapshots (
  snapshot_id       int8 NOT NULL,
  trader_id         int8 NOT NULL,
  dex               text NOT NULL,
  state_time        int8 NOT NULL,          -- the venue's time of the state
  requested_at      int8 NOT NULL,          -- our clock, before asking
  received_at       int8 NOT NULL,
  account_value_usd numeric NOT NULL,       -- may be negative
  notional_usd      numeric NOT NULL,
  margin_used_usd   numeric NOT NULL,
  withdrawable_usd  numeric NOT NULL,
  -- Open positions, aligned: coin, signed size, average entry price.
  coin_ids          int4[] NOT NULL,
  sizes             numeric[] NOT NULL,
  entry_prices      numeric[] NOT NULL,
  PRIMARY KEY (snapshot_id, state_time)
) PARTITION BY RANGE (state_time);
CREATE INDEX account_snapshots_trader ON account_snapshots (trader_id, dex, state_time);
CREATE SEQUENCE account_snapshot_ids;
SELECT register_day_partitions('account_snapshots');

-- Snapshots that the stream role has not judged yet. Inserted with the snapshot, deleted with its verdict, so that
-- none is skipped and none is judged twice, in whatever order their transactions commit.
CREATE TABLE snapshot_inbox (
  snapshot_id int8 PRIMARY KEY,
  state_time  int8 NOT NULL
);

-- What is known of a trader on one dex: since when its positions are known, and whether audits agree.
CREATE TABLE trader_dexs (
  trader_id   int8 NOT NULL,
  dex         text NOT NULL,
  seeded_at   int8 NOT NULL,                -- venue time of the newest snapshot that was taken over or agreed
  agreements  int4 NOT NULL,                -- audits in a row that agreed
  quarantined boolean NOT NULL,
  PRIMARY KEY (trader_id, dex)
);

-- Differences between book and venue that an audit found. `cause`: feed_gap, settlement, liquidation, unexplained.
CREATE TABLE drift_records (
  drift_id    int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  snapshot_id int8 NOT NULL,
  trader_id   int8 NOT NULL,
  coin_id     int4 NOT NULL,
  book_size   numeric NOT NULL,             -- at the snapshot's time
  venue_size  numeric NOT NULL,
  known       position_known NOT NULL,      -- how the book had known it
  cause       text NOT NULL,
  state_time  int8 NOT NULL,
  recorded_at int8 NOT NULL
);
CREATE INDEX drift_records_trader ON drift_records (trader_id, drift_id);

-- Polls that should come before the rotation. Lower priority numbers go first. The worker that takes one deletes it.
CREATE TABLE poll_requests (
  trader_id    int8 NOT NULL,
  dex          text NOT NULL,
  priority     int2 NOT NULL,
  reason       text NOT NULL,
  requested_at int8 NOT NULL,
  PRIMARY KEY (trader_id, dex)
);
CREATE INDEX poll_requests_order ON poll_requests (priority, requested_at);
