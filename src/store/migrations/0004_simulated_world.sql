-- The run of the simulated exchange that this database follows: each start of it is a world of its own, with the same
-- traders in another past. Null on the real networks, and until the first run was seen.
ALTER TABLE world ADD COLUMN simulated_run text;

-- Forgets what is known of accounts, which are others in a new run: positions, snapshots, histories, boards. That is
-- every table with a trader_id but the traders, the user's watchlist and the event log (whose old epoch retention
-- drops), and those named here. Public trades and everything of the user stay. Runs as the owner, because the
-- application role may not truncate.
CREATE FUNCTION forget_simulated_accounts() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  doomed text;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM public.world w WHERE w.network = 'simulator') THEN
    RAISE EXCEPTION 'this is not the database of a simulated exchange';
  END IF;
  SELECT string_agg(format('public.%I', c.relname), ', ' ORDER BY c.relname) INTO doomed
  FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND (c.relname IN ('snapshot_inbox', 'leaderboard_snapshots', 'leaderboard_snapshot_parts', 'trader_links',
        'history_hints', 'archived_hours', 'archived_fills')
      OR c.relname NOT IN ('traders', 'watchlist', 'position_changes')
        AND EXISTS (SELECT 1 FROM pg_attribute a
          WHERE a.attrelid = c.oid AND a.attname = 'trader_id' AND NOT a.attisdropped));
  EXECUTE 'TRUNCATE ' || doomed;
  UPDATE public.traders SET last_tracked_at = NULL WHERE last_tracked_at IS NOT NULL;
END
$$;
