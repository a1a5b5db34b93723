-- Trades before this (exchange time, ms) may have been dropped: what the venue repeats from before it, as it does of
-- quiet coins, is not new. In a database of an earlier version nobody noted it: what is left begins with its oldest day.
ALTER TABLE stream_state ADD COLUMN trades_since int8 NOT NULL DEFAULT 0;
UPDATE stream_state SET trades_since = coalesce(
  (SELECT 86400000 * (min(to_date(right(c.relname, 8), 'YYYYMMDD')) - date '1970-01-01')::int8
   FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
   WHERE i.inhparent = 'public.trades'::regclass AND c.relname ~ '_d[0-9]{8}$'), 0);
