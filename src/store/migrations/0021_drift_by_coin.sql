-- The other side of a trade that was missed drifts by the same size: it is looked for by coin and time.
CREATE INDEX drift_records_coin ON drift_records (coin_id, state_time);
