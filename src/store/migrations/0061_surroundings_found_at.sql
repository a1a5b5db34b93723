-- When a ring or a hedge was last found (ms UTC), so that who keeps quiet for a day is not forgiven: a finding stands as
-- long as the gates look back. What stands now counts as found now.
ALTER TABLE trader_surroundings
  ADD COLUMN ring_found_at  int8,
  ADD COLUMN hedge_found_at int8;
UPDATE trader_surroundings SET
  ring_found_at  = CASE WHEN ring THEN database_now_ms() END,
  hedge_found_at = CASE WHEN hedged THEN database_now_ms() END;
