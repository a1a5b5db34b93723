import { type CoinKey, coinSymbol } from './coin.ts';

/** A perpetual as we know it: identity in our database plus what its numbers mean. */
export interface ListedCoin extends CoinKey {
  /** Our id (`coins.id`), a small positive integer. */
  readonly id: number;
  /** The venue's symbol: "BTC" or "xyz:CL". */
  readonly symbol: string;
  /** Decimals of a size; a price has 6 - sizeDecimals. */
  readonly sizeDecimals: number;
}

/** Coins by id and by symbol. Ids are small and dense, so hot paths index arrays by them. */
export class CoinTable {
  readonly #bySymbol = new Map<string, ListedCoin>();
  readonly #byId: (ListedCoin | undefined)[] = [];

  constructor(coins: Iterable<ListedCoin> = []) {
    for (const coin of coins) this.add(coin);
  }

  /** Adds a coin or replaces what is known about its id. */
  add(coin: ListedCoin): void {
    this.#bySymbol.set(coin.symbol, coin);
    this.#byId[coin.id] = coin;
  }

  bySymbol(symbol: string): ListedCoin | undefined {
    return this.#bySymbol.get(symbol);
  }

  byKey(key: CoinKey): ListedCoin | undefined {
    return this.#bySymbol.get(coinSymbol(key));
  }

  byId(id: number): ListedCoin | undefined {
    return this.#byId[id];
  }

  all(): ListedCoin[] {
    return [...this.#bySymbol.values()];
  }
}
