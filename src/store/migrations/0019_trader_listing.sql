-- The order in which the list of traders shows them by activity, apart from the totals: a new trader then costs three
-- index entries instead of seven, and its totals change in place. Written by the stream role behind the totals: in the
-- same flush on a calm day, later in a storm; what is missing or old after a restart is found and written then.
CREATE TABLE trader_listing (
  trader_id    int8 PRIMARY KEY,
  last_seen_at int8 NOT NULL,
  trade_count  int8 NOT NULL,
  notional_usd numeric NOT NULL
) WITH (fillfactor = 85);
INSERT INTO trader_listing SELECT trader_id, last_seen_at, trade_count, notional_usd FROM traders ORDER BY trader_id;
CREATE INDEX trader_listing_last_seen ON trader_listing (last_seen_at, trader_id);
CREATE INDEX trader_listing_trade_count ON trader_listing (trade_count, trader_id);
CREATE INDEX trader_listing_notional ON trader_listing (notional_usd, trader_id);

DROP INDEX traders_last_seen;
DROP INDEX traders_trade_count;
DROP INDEX traders_notional;
-- Who was never audited has no place among those who were.
DROP INDEX traders_last_tracked;
CREATE INDEX traders_last_tracked ON traders (last_tracked_at) WHERE last_tracked_at IS NOT NULL;

-- The list stays with the traders.
INSERT INTO simulated_run_tables VALUES ('trader_listing', false);
