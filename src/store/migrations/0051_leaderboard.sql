-- One row per trader and window (days; 0 is the whole record): the metrics of the original design with its score, and
-- what a follower would have earned. Statistics are float64; null is unknown. Written by calculate-leaderboard.
CREATE TABLE leaderboard_metrics (
  trader_id           int8 NOT NULL REFERENCES traders,
  window_days         int2 NOT NULL,
  account_age_days    float8,
  total_volume        float8,                  -- USD
  win_rate            float8,
  average_risk_ratio  float8,
  max_drawdown        float8,                  -- positive fraction
  max_profit          float8,                  -- USD, best closed position
  max_loss            float8,                  -- USD, worst, negative
  trader_score        float8,                  -- the classic score, 0 to 1; null: not traded in 30 days
  classic_rank        int4,
  copy_score          float8,                  -- null: no estimate
  copy_rank           int4,                    -- null: gated, or not enough to rank
  percentile          float8,
  posterior_sharpe    float8,
  posterior_deviation float8,
  positive_month      float8,
  evidence            text NOT NULL,
  proven              boolean NOT NULL,
  gates               int4 NOT NULL,           -- bits of the gates that tripped; 0 is eligible
  explanation         jsonb NOT NULL,          -- gates, reasons for and against, in words
  metrics             jsonb NOT NULL,          -- every metric of the window: value, why absent, n
  features            jsonb NOT NULL,          -- what scores and gates were computed from
  record_version      int8 NOT NULL,
  as_of_day           int4 NOT NULL,           -- the UTC day that `features` were computed on
  computed_at         int8 NOT NULL,
  -- The places that rank_history has last.
  noted_copy_rank     int4,
  noted_classic_rank  int4,
  PRIMARY KEY (window_days, trader_id)
) WITH (fillfactor = 80);

-- The published board of a window, as bytes that any page is answered from, in parts of a MiB.
CREATE TABLE leaderboard_snapshots (
  window_days int2 PRIMARY KEY,
  version     int8 NOT NULL,
  watermark   text NOT NULL,                   -- what the input was; the same again needs no computing
  computed_at int8 NOT NULL,
  parts       int4 NOT NULL
);
CREATE TABLE leaderboard_snapshot_parts (
  window_days int2 NOT NULL REFERENCES leaderboard_snapshots ON DELETE CASCADE,
  part        int4 NOT NULL,
  bytes       bytea NOT NULL,
  PRIMARY KEY (window_days, part)
);
ALTER TABLE leaderboard_snapshot_parts ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Where traders stood: a row when the place on either board had changed, at most one per full computation.
CREATE TABLE rank_history (
  trader_id     int8 NOT NULL,
  window_days   int2 NOT NULL,
  time          int8 NOT NULL,
  copy_rank     int4,
  copy_ranked   int4 NOT NULL,
  copy_score    float8,
  classic_rank  int4,
  classic_ranked int4 NOT NULL,
  classic_score float8,
  PRIMARY KEY (trader_id, window_days, time)
) PARTITION BY RANGE (time);
SELECT register_day_partitions('rank_history');

-- Wallets that belong together, and why.
CREATE TABLE trader_links (
  a        int8 NOT NULL,
  b        int8 NOT NULL,
  kind     text NOT NULL,
  found_at int8 NOT NULL,
  PRIMARY KEY (a, b, kind),
  CHECK (a < b)
);
CREATE INDEX trader_links_b ON trader_links (b);
