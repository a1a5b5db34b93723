-- The run of the simulated exchange that this database follows: each start of it is a world of its own, with the same
-- traders in another past. Null on the real networks, and until the first run was seen.
ALTER TABLE world ADD COLUMN simulated_run text;

-- Forgets what is known of accounts, which are others in a new run: positions, snapshots, histories, boards. Public
-- trades, who made them, and everything of the user (watchlist, sign-ins, tokens) stay. Runs as the owner, because the
-- application role may not truncate. A table of what accounts hold or did belongs in this list.
CREATE FUNCTION forget_simulated_accounts() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM public.world w WHERE w.network = 'simulator') THEN
    RAISE EXCEPTION 'this is not the database of a simulated exchange';
  END IF;
  TRUNCATE public.positions, public.account_snapshots, public.snapshot_inbox, public.trader_dexs,
    public.drift_records, public.poll_requests, public.poll_claims, public.tracking_turns, public.account_modes,
    public.trader_history, public.trader_records, public.trader_daily_series, public.leaderboard_metrics,
    public.leaderboard_snapshots, public.leaderboard_snapshot_parts, public.rank_history, public.trader_links;
  UPDATE public.traders SET last_tracked_at = NULL WHERE last_tracked_at IS NOT NULL;
END
$$;
