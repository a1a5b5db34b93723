-- Whose account is polled next, and by whom. All times here are ms by this server's clock, so that machines with
-- wrong clocks agree on what has expired.
CREATE FUNCTION database_now_ms() RETURNS int8
LANGUAGE sql VOLATILE AS $$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::int8 $$;

-- A worker at work on the rotation of one egress IP. While now < expires_at what it has claimed is its own; after
-- that nothing it brings counts, and what it had claimed is free.
CREATE TABLE tracking_runs (
  run_id     int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  worker     text NOT NULL,
  egress     text NOT NULL,
  started_at int8 NOT NULL,
  expires_at int8 NOT NULL
);

-- The fair rotation: one row per trader, made by the workers in the order of ids. Claimed while its run lives.
CREATE TABLE tracking_turns (
  trader_id    int8 PRIMARY KEY,
  last_turn_at int8,                        -- when it last had its turn, whatever came of it; null: never
  run_id       int8,
  failures     int4 NOT NULL DEFAULT 0,     -- turns in a row that brought nothing
  last_error   text                         -- code of the last failure; null after a success
) WITH (fillfactor = 80);
CREATE INDEX tracking_turns_order ON tracking_turns (last_turn_at NULLS FIRST, trader_id);

-- Requests that a run has taken out of poll_requests: they go back if it dies. A request that arrives meanwhile is
-- a new one, about something that the poll under way may not have seen.
CREATE TABLE poll_claims (
  run_id       int8 NOT NULL,
  trader_id    int8 NOT NULL,
  dex          text NOT NULL,
  priority     int2 NOT NULL,
  reason       text NOT NULL,
  requested_at int8 NOT NULL,
  PRIMARY KEY (run_id, trader_id, dex)
);

-- A poll that failed is not tried again before this (0: at once).
ALTER TABLE poll_requests ADD COLUMN not_before int8 NOT NULL DEFAULT 0;

-- How an account holds its balances. A row without a mode asks for it: rank candidates are put here by the ranking,
-- watched traders are looked at in any case.
CREATE TABLE account_modes (
  trader_id  int8 PRIMARY KEY,
  mode       text,                          -- as the venue says: unifiedAccount, portfolioMargin, disabled, default, dexAbstraction
  checked_at int8,
  CHECK ((mode IS NULL) = (checked_at IS NULL))
);

-- Of each open position also (aligned with coin_ids): leverage, whether it is isolated, unrealised PnL, liquidation
-- price (null where there is none).
ALTER TABLE account_snapshots
  ADD COLUMN leverages int4[] NOT NULL DEFAULT '{}',
  ADD COLUMN isolated boolean[] NOT NULL DEFAULT '{}',
  ADD COLUMN unrealised_usd numeric[] NOT NULL DEFAULT '{}',
  ADD COLUMN liquidation_prices numeric[] NOT NULL DEFAULT '{}',
  -- Collateral without unrealised PnL; of a unified account what the first dex's row says is its USDC balance.
  ADD COLUMN raw_usd numeric,
  -- Null: never asked, so the account value may be that of an account whose balance is elsewhere.
  ADD COLUMN account_mode text,
  -- Why it was polled: sweep, or the reason of the request.
  ADD COLUMN purpose text NOT NULL DEFAULT 'sweep',
  -- Positions that could not be taken in, as [{"symbol","size","entryPrice","why"}]; null: none.
  ADD COLUMN unread jsonb;
