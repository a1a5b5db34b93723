-- Trades are stored in the order of seq, so a summary per block range finds them as well as an entry per trade does,
-- and costs the writer nothing.
DROP INDEX trades_seq;
CREATE INDEX trades_seq ON trades USING brin (seq) WITH (pages_per_range = 32, autosummarize = on);
