-- Published boards lie in one of two tables in turn: a publication empties the one that nobody reads, fills it and
-- points the heads at it. Emptying by TRUNCATE costs nothing; deleting the rows of the last publication and having them
-- vacuumed cost as much again as writing them. Readers of the present publication are never in the way; who comes late
-- finds other bytes than the head says. Unlogged as before: made anew from the records.
DROP TABLE leaderboard_snapshot_parts;
DROP TABLE leaderboard_snapshots;
CREATE UNLOGGED TABLE leaderboard_snapshots (
  window_days int2 PRIMARY KEY,
  version     int8 NOT NULL,
  watermark   text NOT NULL,                   -- what the input was; the same again needs no computing
  computed_at int8 NOT NULL,
  slot        int2 NOT NULL,                   -- leaderboard_parts_0 or _1
  bytes       int8 NOT NULL,                   -- of all its parts
  traders     int4 NOT NULL,
  copy_ranked int4 NOT NULL
);
-- Each part fills a page, in place. Nothing in them is ever updated: vacuum would only read them.
CREATE UNLOGGED TABLE leaderboard_parts_0 (
  part        int4 NOT NULL,
  window_days int2 NOT NULL,                   -- -1: for all windows
  bytes       bytea NOT NULL,
  PRIMARY KEY (window_days, part)
) WITH (autovacuum_enabled = off);
ALTER TABLE leaderboard_parts_0 ALTER COLUMN bytes SET STORAGE PLAIN;
CREATE UNLOGGED TABLE leaderboard_parts_1 (LIKE leaderboard_parts_0 INCLUDING STORAGE INCLUDING INDEXES)
  WITH (autovacuum_enabled = off);

-- Empties the table that is not the published one and returns its number. One publication at a time: call it under the
-- lock of publications. Runs as the owner, because the application role may not truncate. Where somebody (a dump) holds
-- the table for long, its rows are deleted instead.
CREATE FUNCTION empty_leaderboard_slot() RETURNS int2
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  free int2 := 1 - coalesce((SELECT max(s.slot) FROM public.leaderboard_snapshots s), 1);
BEGIN
  BEGIN
    EXECUTE format('TRUNCATE public.leaderboard_parts_%s', free);
  EXCEPTION WHEN lock_not_available THEN
    EXECUTE format('DELETE FROM public.leaderboard_parts_%s', free);
  END;
  RETURN free;
END
$$;

-- Where a trader stands is told by the published board. A row of leaderboard_metrics holds what its own record alone
-- says, so that a computation rewrites the rows of those who changed and not everybody's.
ALTER TABLE leaderboard_metrics
  DROP COLUMN trader_score, DROP COLUMN classic_rank, DROP COLUMN copy_score, DROP COLUMN copy_rank,
  DROP COLUMN percentile, DROP COLUMN posterior_sharpe, DROP COLUMN posterior_deviation, DROP COLUMN positive_month,
  DROP COLUMN evidence, DROP COLUMN proven, DROP COLUMN noted_copy_rank, DROP COLUMN noted_classic_rank;

-- Where traders stood, from now on: everybody of a board in pages, ascending by trader, at each time that ranks were
-- noted. A row each in rank_history, which keeps what was noted before until its days are dropped, took 5 million
-- inserts for a million traders. Rank 0 is not on that board; who is on no page of a time was on neither.
CREATE TABLE rank_pages (
  window_days    int2 NOT NULL,
  time           int8 NOT NULL,
  first_trader   int8 NOT NULL,
  traders        int8[] NOT NULL,
  copy_ranks     int4[] NOT NULL,
  copy_scores    float4[] NOT NULL,
  classic_ranks  int4[] NOT NULL,
  classic_scores float4[] NOT NULL,
  PRIMARY KEY (window_days, time, first_trader)
) PARTITION BY RANGE (time);
ALTER TABLE rank_pages ALTER COLUMN traders SET STORAGE PLAIN, ALTER COLUMN copy_ranks SET STORAGE PLAIN,
  ALTER COLUMN copy_scores SET STORAGE PLAIN, ALTER COLUMN classic_ranks SET STORAGE PLAIN,
  ALTER COLUMN classic_scores SET STORAGE PLAIN;
SELECT register_day_partitions('rank_pages');
CREATE TABLE rank_times (
  window_days    int2 NOT NULL,
  time           int8 NOT NULL,
  copy_ranked    int4 NOT NULL,
  classic_ranked int4 NOT NULL,
  PRIMARY KEY (window_days, time)
) PARTITION BY RANGE (time);
SELECT register_day_partitions('rank_times');

DELETE FROM simulated_run_tables WHERE name = 'leaderboard_snapshot_parts';
INSERT INTO simulated_run_tables VALUES
  ('leaderboard_parts_0', true), ('leaderboard_parts_1', true), ('rank_pages', true), ('rank_times', true);
