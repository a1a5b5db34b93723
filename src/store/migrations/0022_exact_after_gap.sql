-- exact_since was the last ms of a coin's newest gap, which the position book still counts as part of the gap: a
-- snapshot of that very ms made a position exact here and stale there. From now on it is the first ms after the gap.
UPDATE coin_feed SET exact_since = exact_since + 1 WHERE exact_since > 0;
COMMENT ON COLUMN coin_feed.exact_since IS 'Exchange time, ms: the first after the newest gap; 0: there was none';
