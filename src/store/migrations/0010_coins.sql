-- Perpetuals. An id is given once and never reused. Should the venue change the precision of a coin, the old row
-- is retired and the coin goes on under a new id, so that the numbers of a row always mean what they meant.
CREATE TABLE coins (
  coin_id       int4 PRIMARY KEY,
  dex           text NOT NULL,              -- '' is the venue's first dex
  name          text NOT NULL,              -- without the dex prefix
  size_decimals int2 NOT NULL CHECK (size_decimals BETWEEN 0 AND 6),
  max_leverage  int4 NOT NULL,
  delisted      boolean NOT NULL DEFAULT false,
  first_seen_at int8 NOT NULL,
  retired_at    int8,
  -- Since when its trades are watched without interruption by choice; null if not watched now.
  watched_since int8
);
CREATE UNIQUE INDEX coins_live_name ON coins (dex, name) WHERE retired_at IS NULL;
