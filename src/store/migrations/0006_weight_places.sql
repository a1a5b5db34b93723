-- Evenly spaced requests of an egress IP: when the next place is, ms since the Unix epoch by this server's clock. All
-- processes on the address take their places here, so that they leave one after another whoever comes and goes.
CREATE TABLE weight_places (
  egress  text PRIMARY KEY,
  next_at float8 NOT NULL
) WITH (fillfactor = 50);

-- Takes the next place; after it `spacing_ms` are left free. Places that were left unused may be caught up on by
-- `burst_ms` at most; a negative spacing gives a place back. Returns ms until the place, 0: now.
CREATE FUNCTION weight_place(for_egress text, spacing_ms float8, burst_ms float8) RETURNS float8
LANGUAGE sql VOLATILE AS $$
  INSERT INTO weight_places AS place (egress, next_at)
  VALUES (for_egress, weight_now() + spacing_ms)
  ON CONFLICT (egress) DO UPDATE SET next_at = greatest(place.next_at, weight_now() - burst_ms) + spacing_ms
  RETURNING greatest(0, next_at - spacing_ms - weight_now())
$$;
