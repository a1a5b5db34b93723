-- The score of the original design beside the metrics that it is made of, for whoever reads the table: 0 to 1, six
-- decimals, null where the trader has not traded in 30 days. Written by the full pass, where it has changed.
ALTER TABLE leaderboard_metrics ADD COLUMN trader_score float8;
