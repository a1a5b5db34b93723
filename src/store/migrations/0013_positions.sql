CREATE TYPE position_change_kind AS ENUM ('opened', 'increased', 'reduced', 'closed', 'flipped');
CREATE TYPE position_change_cause AS ENUM ('trades', 'audit');
CREATE TYPE position_known AS ENUM ('exact', 'estimated', 'stale', 'quarantined');

-- The event log: every change of every position, in order, offsets dense within an epoch. A row holds the whole
-- state after the change, so the newest row of a trader and coin is the position.
CREATE TABLE position_changes (
  epoch            int8 NOT NULL,
  log_offset       int8 NOT NULL,
  trader_id        int8 NOT NULL,
  coin_id          int4 NOT NULL,
  kind             position_change_kind NOT NULL,
  cause            position_change_cause NOT NULL,
  size_before      numeric NOT NULL,        -- signed, coin units
  size_after       numeric NOT NULL,
  price            numeric,                 -- average of the fills; null where an audit corrected
  notional_usd     numeric,                 -- traded, positive
  realised_pnl_usd numeric NOT NULL,        -- of this change, by average entry, before fees
  cost_usd         numeric NOT NULL,        -- cost basis of what is open after it, positive
  episode          int4 NOT NULL,           -- 1, 2, 3… per trader and coin
  episode_pnl_usd  numeric NOT NULL,        -- realised in this episode up to here
  opened_at        int8 NOT NULL,           -- exchange time at which the episode began, or was first seen
  known            position_known NOT NULL,
  trade_ids        int8[] NOT NULL,         -- the fills, in order; with coin and time the key of trades
  exchange_time    int8 NOT NULL,
  received_at      int8 NOT NULL,
  committed_at     int8 NOT NULL,           -- just before the commit
  PRIMARY KEY (epoch, log_offset)
) PARTITION BY RANGE (epoch, log_offset);
CREATE INDEX position_changes_trader ON position_changes (trader_id, log_offset);
CREATE INDEX position_changes_time ON position_changes USING brin (exchange_time) WITH (autosummarize = on);
SELECT register_offset_partitions('position_changes', 5000000);

-- Checkpoint of the book. Rows may lag behind the log: what counts is the log from stream_state.positions_through on.
-- A loss on a coin's feed makes all its exact positions stale at once, without touching them: see the view.
CREATE TABLE positions (
  trader_id       int8 NOT NULL,
  coin_id         int4 NOT NULL,
  size            numeric NOT NULL,         -- signed; 0 keeps the episode count of a closed position
  cost_usd        numeric NOT NULL,
  episode         int4 NOT NULL,
  episode_pnl_usd numeric NOT NULL,
  opened_at       int8 NOT NULL,
  changed_at      int8 NOT NULL,
  known           position_known NOT NULL,
  verified_at     int8,                     -- venue time of the last snapshot that seeded it or agreed
  log_offset      int8 NOT NULL,            -- last change applied
  PRIMARY KEY (trader_id, coin_id)
) WITH (fillfactor = 85);
CREATE INDEX positions_open_by_coin ON positions (coin_id) WHERE size <> 0;

-- One row: how far the stream role has come. Written in every flush, in its transaction.
CREATE TABLE stream_state (
  singleton         boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  epoch             int8 NOT NULL,
  flushes           int8 NOT NULL,          -- tells whether a flush whose commit was not answered was committed
  next_offset       int8 NOT NULL,          -- of position_changes
  next_seq          int8 NOT NULL,          -- of trades
  positions_through int8 NOT NULL,          -- changes before this offset are in positions
  traders_through   int8 NOT NULL,          -- trades before this seq are in the counts of traders
  alive_until       int8 NOT NULL,          -- ms: the feed was last known to be whole
  written_at        int8 NOT NULL
);

-- Per coin: positions last verified before exact_since may have missed trades since; while the feed of the coin is
-- interrupted (a cut, a restart) nothing of it is exact.
CREATE TABLE coin_feed (
  coin_id     int4 PRIMARY KEY REFERENCES coins,
  exact_since int8 NOT NULL DEFAULT 0,
  interrupted boolean NOT NULL
);

-- Positions as to be shown: `known` with the losses of the feed taken into account.
CREATE VIEW current_positions AS
SELECT p.trader_id, p.coin_id, p.size, p.cost_usd, p.episode, p.episode_pnl_usd, p.opened_at, p.changed_at,
  CASE WHEN p.known = 'exact'
      AND (coalesce(f.interrupted, true) OR p.verified_at IS NULL OR p.verified_at < f.exact_since)
    THEN 'stale'::position_known ELSE p.known END AS known,
  p.verified_at, p.log_offset
FROM positions p LEFT JOIN coin_feed f USING (coin_id);
