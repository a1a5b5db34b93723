-- Hours of the venue's public fill archive that were imported, for whom.
CREATE TABLE archived_hours (
  hour        int8 PRIMARY KEY,                -- beginning, ms UTC
  imported_at int8 NOT NULL,
  fills       int8 NOT NULL
);

-- Their fills by address and hour: the venue's rows as JSON, deflated. A record that the venue's newest 10,000 fills
-- do not reach begins here.
CREATE TABLE archived_fills (
  address bytea NOT NULL CHECK (octet_length(address) = 20),
  hour    int8 NOT NULL,
  fills   bytea NOT NULL,
  PRIMARY KEY (address, hour)
);
ALTER TABLE archived_fills ALTER COLUMN fills SET STORAGE EXTERNAL;

-- The record is to be made anew, not gone on with.
ALTER TABLE trader_history ADD COLUMN rebuild boolean NOT NULL DEFAULT false;
