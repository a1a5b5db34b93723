/** To how many decimals the numbers of each coin are written: one count for all its sizes, one for all its prices. */
import type { CoinList } from '../../contract/coins.ts';
import { priceDecimals } from '../format/number.ts';
import { createStore } from './store.ts';

/** Decimals of a size, by coin. */
export const coinSizes = createStore<ReadonlyMap<string, number>>(new Map());

export const acceptCoins = (list: CoinList): void =>
  coinSizes.set(new Map(list.items.map((one) => [one.coin, one.sizeDecimals])));

/** Decimals of prices by coin: the most that any of its prices needed so far, so that a column does not jump. */
const shownDecimals = new Map<string, number>();

/**
 * Decimals of a coin's price; undefined while the coin is not known.
 * @param average an average of fills: one more figure, and no word in how others are written.
 */
export function decimalsOfPrice(
  coin: string,
  price: string,
  sizes: ReadonlyMap<string, number>,
  average: boolean,
): number | undefined {
  const sizeDecimals = sizes.get(coin);
  if (sizeDecimals === undefined) return undefined;
  const known = shownDecimals.get(coin);
  if (average) return (known ?? priceDecimals(price, sizeDecimals)) + 1;
  const decimals = Math.max(known ?? 0, priceDecimals(price, sizeDecimals));
  shownDecimals.set(coin, decimals);
  return decimals;
}
