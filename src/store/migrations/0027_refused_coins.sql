-- The exchange refuses to tell the coin's trades while those of others are followed: since then (exchange time, ms)
-- they may be missing, although stream_state.alive_until goes on. Null: it is not refused.
ALTER TABLE coin_feed ADD COLUMN refused_since int8;
