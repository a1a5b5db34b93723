import { DomainError } from './errors.ts';

/** Name of the venue's first perpetual dex in our data: the empty string, as on the wire. */
export const FIRST_DEX = '';

/** A perpetual: `dex` is '' for the first dex, else the builder dex's name; `name` is without the prefix. */
export interface CoinKey {
  readonly dex: string;
  readonly name: string;
}

/** "BTC" -> first dex; "xyz:CL" -> dex xyz, name CL. @throws DomainError `BAD_COIN` on an empty part. */
export function parseCoin(symbol: string): CoinKey {
  const colon = symbol.indexOf(':');
  const key =
    colon < 0
      ? { dex: FIRST_DEX, name: symbol }
      : { dex: symbol.slice(0, colon), name: symbol.slice(colon + 1) };
  if (key.name === '' || colon === 0)
    throw new DomainError('BAD_COIN', `not a coin symbol: ${JSON.stringify(symbol.slice(0, 40))}`);
  return key;
}

/** The venue's symbol: "BTC" or "xyz:CL". */
export const coinSymbol = (coin: CoinKey): string =>
  coin.dex === FIRST_DEX ? coin.name : `${coin.dex}:${coin.name}`;
