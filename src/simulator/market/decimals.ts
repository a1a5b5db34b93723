import { formatScaled } from '../../domain/money.ts';

/** A perpetual's price has at most 6 - szDecimals decimals. */
export const priceDecimals = (szDecimals: number): number => 6 - szDecimals;

/** An integer of 10^-decimals as the wire writes it: no trailing zeros, but always one decimal ("3.0"). */
export function wireDecimal(value: number | bigint, decimals: number): string {
  const text = formatScaled(value, decimals);
  return text.includes('.') ? text : `${text}.0`;
}

/** Price step at a price, both in 10^-decimals USD: five significant figures, but whole dollars always allowed. */
export function priceStep(price: number, decimals: number): number {
  const digits = Math.floor(Math.log10(Math.max(1, price))) + 1;
  return Math.max(1, Math.min(10 ** Math.max(0, digits - 5), 10 ** decimals));
}

/** A valid price near `price`, never below one step. */
export function roundPrice(price: number, decimals: number): number {
  const step = priceStep(price, decimals);
  return Math.max(step, Math.round(price / step) * step);
}
