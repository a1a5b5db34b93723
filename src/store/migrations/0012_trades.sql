-- Public trades of the watched coins. `seq` is dense from 1, in the order in which the stream role took them in.
CREATE TABLE trades (
  coin_id        int4 NOT NULL,
  time           int8 NOT NULL,             -- exchange time (of the block)
  trade_id       int8 NOT NULL,
  seq            int8 NOT NULL,
  price          numeric NOT NULL,
  size           numeric NOT NULL,
  buyer_id       int8 NOT NULL,
  seller_id      int8 NOT NULL,
  taker_is_buyer boolean NOT NULL,
  received_at    int8 NOT NULL,
  PRIMARY KEY (coin_id, time, trade_id)
) PARTITION BY RANGE (time);
CREATE INDEX trades_seq ON trades (seq);
SELECT register_day_partitions('trades');

-- Spans of exchange time in which trades of a coin may be missing, both ends included.
CREATE TABLE feed_gaps (
  gap_id      int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  coin_id     int4 NOT NULL REFERENCES coins,
  from_time   int8 NOT NULL,
  to_time     int8 NOT NULL CHECK (to_time >= from_time),
  reason      text NOT NULL,
  recorded_at int8 NOT NULL
);
CREATE INDEX feed_gaps_coin ON feed_gaps (coin_id, to_time);
CREATE INDEX feed_gaps_recorded ON feed_gaps (recorded_at);
