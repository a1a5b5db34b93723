-- Which tables a new run of the simulated exchange empties, where that does not follow from a trader_id: a later
-- migration adds a row for its table instead of writing the function again.
CREATE TABLE simulated_run_tables (
  name        text PRIMARY KEY,
  is_emptied  boolean NOT NULL
);
INSERT INTO simulated_run_tables VALUES
  ('snapshot_inbox', true), ('leaderboard_snapshots', true), ('leaderboard_snapshot_parts', true),
  ('trader_links', true), ('history_hints', true), ('archived_hours', true), ('archived_fills', true),
  ('traders', false), ('watchlist', false), ('position_changes', false);

-- As before, by that table.
CREATE OR REPLACE FUNCTION forget_simulated_accounts() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  doomed text;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM public.world w WHERE w.network = 'simulator') THEN
    RAISE EXCEPTION 'this is not the database of a simulated exchange';
  END IF;
  SELECT string_agg(format('public.%I', c.relname), ', ' ORDER BY c.relname) INTO doomed
  FROM pg_class c LEFT JOIN public.simulated_run_tables s ON s.name = c.relname
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND coalesce(s.is_emptied, EXISTS (SELECT 1 FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attname = 'trader_id' AND NOT a.attisdropped));
  EXECUTE 'TRUNCATE ' || doomed;
  UPDATE public.traders SET last_tracked_at = NULL WHERE last_tracked_at IS NOT NULL;
END
$$;
