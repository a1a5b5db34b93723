-- Published boards are made anew from the records within minutes: writing them to the log as well would only double
-- what a publication costs. After a crash of the database they are empty, and the next run publishes again. Each part
-- fills a page, in place.
TRUNCATE leaderboard_snapshots, leaderboard_snapshot_parts;
ALTER TABLE leaderboard_snapshot_parts SET UNLOGGED;
ALTER TABLE leaderboard_snapshots SET UNLOGGED;
ALTER TABLE leaderboard_snapshot_parts ALTER COLUMN bytes SET STORAGE PLAIN;
