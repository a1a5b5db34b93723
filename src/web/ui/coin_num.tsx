/** Sizes and prices of a coin: always the decimals that the venue gives them, so that a column stands still. */
import { coinSizes, decimalsOfPrice } from '../live/coins.ts';
import { usePart, useStore } from '../live/store.ts';
import type { FigureValue } from './figure.ts';
import { Num } from './num.tsx';

export const SizeNum = ({ coin, value }: { readonly coin: string; readonly value: string }) => (
  <Num value={value} kind="size" decimals={usePart(coinSizes, (sizes) => sizes.get(coin))} />
);

export function PriceNum({
  coin,
  value,
  average = false,
  reason,
}: {
  readonly coin: string;
  readonly value: FigureValue;
  /** An average of several fills. */
  readonly average?: boolean;
  /** Why a null is unknown. */
  readonly reason?: string;
}) {
  const sizes = useStore(coinSizes);
  const price = typeof value === 'object' && value !== null ? value.v : value;
  const decimals =
    price === null || price === undefined ? undefined : decimalsOfPrice(coin, String(price), sizes, average);
  return <Num value={value} kind="price" decimals={decimals} {...(reason === undefined ? {} : { reason })} />;
}
