-- What a look at a trader needs beyond its record: newest episodes, changes by minute, sizes against equity and market.
-- Plain JSON of the ranking's; `seen` is what the feed added to `base` and goes when the venue's word replaces it.
CREATE TABLE trader_details (
  trader_id int8 PRIMARY KEY REFERENCES traders,
  base      jsonb NOT NULL,
  seen      jsonb
);

-- Addresses that a trader's ledger names: sub-accounts, vaults it leads, transfers between wallets.
CREATE TABLE ledger_links (
  trader_id int8 NOT NULL REFERENCES traders,
  address   bytea NOT NULL CHECK (octet_length(address) = 20),
  kind      text NOT NULL,
  PRIMARY KEY (trader_id, address, kind)
);
CREATE INDEX ledger_links_address ON ledger_links (address);

-- What the gates need to know of a trader's other wallets; no row: nothing was found.
CREATE TABLE trader_surroundings (
  trader_id int8 PRIMARY KEY,
  ring      boolean NOT NULL,
  hedged    boolean NOT NULL
);
