-- The request-weight ledger of the exchange, one log of charges per egress IP. A charge counts against the budget
-- while now < expires_at; both are by this server's clock, ms since the Unix epoch.
CREATE TABLE weight_charges (
  charge_id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  egress text NOT NULL,
  -- Position in the list of lanes; 0 has the highest priority.
  lane int2 NOT NULL,
  weight int4 NOT NULL CHECK (weight >= 0),
  expires_at int8 NOT NULL
);
CREATE INDEX weight_charges_by_egress ON weight_charges (egress, expires_at) INCLUDE (lane, weight);

CREATE FUNCTION weight_now() RETURNS int8
LANGUAGE sql VOLATILE AS $$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::int8 $$;

-- (A charge begins in the middle of its ms: it counts one ms longer, so that no window sees it leave early.)

-- Charges `wanted` if it fits: what all lanes use, plus what the lanes before `for_lane` still keep in reserve, must
-- stay within `weight_limit`. Else says after how many ms to ask again; -1: it can never fit.
-- One caller at a time per egress. `reserves`: weight kept for each lane, in the order of lanes.
CREATE FUNCTION weight_admit(
  for_egress text, wanted int4, for_lane int2, weight_limit int4, counts_ms int8, reserves int4[],
  OUT charge int8, OUT retry_after_ms int8)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  now_ms int8;
  used int8[];
  total int8 := 0;
  kept int8 := 0;
  kept_whole int8 := 0;
  freed int8 := 0;
  entry record;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('weight:' || for_egress, 2));
  now_ms := weight_now();
  DELETE FROM weight_charges WHERE egress = for_egress AND expires_at <= now_ms;
  used := array_fill(0::int8, ARRAY[cardinality(reserves)]);
  FOR entry IN SELECT c.lane, sum(c.weight)::int8 AS weight FROM weight_charges c
    WHERE c.egress = for_egress GROUP BY c.lane
  LOOP
    total := total + entry.weight;
    IF entry.lane < cardinality(reserves) THEN
      used[entry.lane + 1] := entry.weight;
    END IF;
  END LOOP;
  FOR i IN 1 .. for_lane LOOP
    kept := kept + greatest(0, reserves[i] - used[i]);
    kept_whole := kept_whole + reserves[i];
  END LOOP;
  IF total + wanted + kept <= weight_limit THEN
    INSERT INTO weight_charges (egress, lane, weight, expires_at)
    VALUES (for_egress, for_lane, wanted, now_ms + 1 + counts_ms) RETURNING charge_id INTO charge;
    RETURN;
  END IF;
  IF wanted + kept_whole > weight_limit THEN
    retry_after_ms := -1;
    RETURN;
  END IF;
  FOR entry IN SELECT c.weight, c.expires_at FROM weight_charges c WHERE c.egress = for_egress ORDER BY c.expires_at
  LOOP
    freed := freed + entry.weight;
    retry_after_ms := entry.expires_at - now_ms;
    EXIT WHEN total + wanted + kept - freed <= weight_limit;
  END LOOP;
END
$$;

-- The answer is here (`actual` is what it cost) or its outcome is unknown (NULL: all of it counts as spent). The
-- request reached the exchange before now, so it stops counting one window from now.
CREATE FUNCTION weight_settle(for_charge int8, window_ms int8, actual int4) RETURNS void
LANGUAGE sql VOLATILE AS $$
  UPDATE weight_charges SET weight = coalesce(actual, weight), expires_at = weight_now() + 1 + window_ms
  WHERE charge_id = for_charge
$$;
