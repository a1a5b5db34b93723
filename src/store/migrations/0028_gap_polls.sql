-- Last ms (exchange time) of the coin's newest gap while polls of those whose positions it made stale are still to be
-- requested, which takes many small transactions after the one that records the gap. Null: all are.
ALTER TABLE coin_feed ADD COLUMN polls_due_to int8;
