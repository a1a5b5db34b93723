-- What is known of a trader's past: how far each stream of the venue has been read, and since when it is whole.
-- Times are ms UTC. A row is made when a trader is wanted.
CREATE TABLE trader_history (
  trader_id        int8 PRIMARY KEY REFERENCES traders,
  -- Higher goes first: by activity, then by account value and by what the board says.
  priority         float8 NOT NULL DEFAULT 0,
  next_at          int8 NOT NULL DEFAULT 0,     -- not read again before
  -- By the database's clock; a reader that died loses its claim here.
  claimed_until    int8 NOT NULL DEFAULT 0,
  failures         int4 NOT NULL DEFAULT 0,
  last_error       text,
  -- complete: from the account's first fill on; truncated: from complete_since on. null: never read.
  state            text CHECK (state IN ('complete', 'truncated')),
  complete_since   int8,
  why_truncated    text,
  -- Each stream is read up to and including this time.
  fills_through    int8,
  funding_through  int8,
  ledger_through   int8,
  portfolio_at     int8,
  fill_count       int8 NOT NULL DEFAULT 0,
  funding_count    int8 NOT NULL DEFAULT 0,
  ledger_count     int8 NOT NULL DEFAULT 0,
  -- Spans of time whose fills could not be read: [[from, to], ...].
  holes            jsonb NOT NULL DEFAULT '[]',
  -- Whether fills, funding and transfers explain the account value; null: could not be checked.
  reconciled       boolean,
  read_at          int8,
  CHECK ((state = 'truncated') = (complete_since IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX trader_history_due ON trader_history (next_at, priority DESC);

-- Grows with every change of a record: the watermark of the leaderboard.
CREATE SEQUENCE trader_record_versions;

-- The record itself: episodes under way, return chain, day rows. JSON, deflated: a trader of 90 days takes some KiB.
CREATE TABLE trader_records (
  trader_id int8 PRIMARY KEY REFERENCES traders,
  version   int8 NOT NULL UNIQUE DEFAULT nextval('trader_record_versions'),
  through   int8 NOT NULL,
  format    int2 NOT NULL,
  record    bytea NOT NULL
);
ALTER TABLE trader_records ALTER COLUMN record SET STORAGE EXTERNAL;

-- Daily series, oldest first, aligned. Days are whole days since 1970-01-01 UTC. Returns are float64 fractions.
CREATE TABLE trader_daily_series (
  trader_id   int8 PRIMARY KEY REFERENCES traders,
  days        int4[] NOT NULL,
  own_return  float8[] NOT NULL,               -- time-weighted, of the trader
  copy_return float8[] NOT NULL,               -- of a follower after costs
  pnl         int8[] NOT NULL,                 -- micro-USD
  equity      int8[] NOT NULL                  -- micro-USD, at the end of the day
);
